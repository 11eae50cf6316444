/** Text that is HTML already. A class, so that no data from JSON can pass for it. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Part = string | number | Html | undefined | false | readonly Part[];

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function markup(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map(markup).join('');
  return escapeHtml(String(part));
}

/** A template whose values are escaped unless they come from this template too. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((text, index) => text + markup(parts[index])).join(''));
}

/** A script for the inside of a script element, which ends at the first `</script` wherever that stands. */
export function inlineScript(code: string): Html {
  return new Html(code.replace(/<\/(script)/gi, '<\\/$1'));
}

/** Data for the inside of a script element of type application/json. */
export function inlineJson(data: unknown): Html {
  return new Html(JSON.stringify(data).replaceAll('<', '\\u003c'));
}
