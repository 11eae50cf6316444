import { type Contradiction, related } from './related.ts';
import { block, duration, flag, list, oneOf, percent, text } from './scalars.ts';

const share = (about: string, value: string) => percent({ about, from: '1%', to: '100%', default: value });

/** As with APIs of others: credentials have a file of their own. */
const ADDRESS = /^https?:\/\/[^\s/?#@]{1,255}([/?#]\S{0,1000})?$/;
const MAILBOX = /^[^\s@<>,;"]{1,64}@[^\s@<>,;"]{1,190}$/;
const SERVER = /^([a-zA-Z0-9.-]{1,253}):(\d{1,5})$/;

const PATH = /^[^\0\n]{1,500}$/;

const file = (about: string) =>
  text({
    about: `${about} A path from the spec’s folder; its first line counts.`,
    pattern: PATH,
    what: 'the path of a file',
  });

const address = (about: string) =>
  text({
    about,
    pattern: ADDRESS,
    what: 'an address such as https://chat.example/alerts, without a user or a password',
  });

/** One of both says where to. */
function addressContradicts({
  url,
  urlFile,
}: {
  url?: string | undefined;
  urlFile?: string | undefined;
}): Contradiction[] {
  if ((url === undefined) === (urlFile === undefined))
    return [{ at: ['url'], message: 'give the address either here or in urlFile' }];
  return url === undefined || URL.canParse(url) ? [] : [{ at: ['url'], message: `"${url}" is no address` }];
}

const severity = oneOf(['critical', 'warning'], {
  about: 'The least that is told there; `warning` is all.',
}).prefault('warning');

const webhookKeys = block('Somebody who is told by a POST in the form of Alertmanager’s webhooks.', {
  url: address('Where to. Without a password: the spec is no place for one.').optional(),
  urlFile: file('Holds the address, where that is a secret itself.').optional(),
  tokenFile: file('Holds the token that is sent along (`Authorization: Bearer`).').optional(),
  severity,
});

const mailbox = (about: string) =>
  text({ about, pattern: MAILBOX, what: 'an e-mail address such as operations@example.com' });

const emailKeys = block('Who is told by e-mail.', {
  to: list(mailbox('One of them.'), { about: 'Everybody who is told.', from: 1, to: 20 }),
  from: mailbox('Who it is from.'),
  server: text({
    about: 'The SMTP server that takes it.',
    pattern: SERVER,
    what: 'a host and port such as mail.example:587',
  }),
  encryption: oneOf(['starttls', 'tls', 'none'], {
    about: '`tls` from the first byte, as on port 465; `none` only for a server on this machine.',
  }).prefault('starttls'),
  user: text({ about: 'Its login there.', pattern: /^\S{1,200}$/, what: 'a user name' }).optional(),
  passwordFile: file('Holds the password of that user.').optional(),
  caFile: text({
    about:
      'Holds the certificate of the authority that signed the server’s, as PEM, where it is none of the well-known ones. A path from the spec’s folder.',
    pattern: PATH,
    what: 'the path of a file',
  }).optional(),
  severity,
});

const LOCAL = /^(localhost|127(\.\d{1,3}){3}):/;

const email = related(
  emailKeys,
  ['server', 'encryption', 'user', 'passwordFile', 'caFile'],
  ({ server, encryption, user, passwordFile, caFile }): Contradiction[] => {
    const port = Number(SERVER.exec(server)?.[2]);
    return [
      ...(port >= 1 && port <= 65_535 ? [] : [{ at: ['server'], message: `${port} is no port` }]),
      ...(encryption !== 'none' || LOCAL.test(server)
        ? []
        : [{ at: ['encryption'], message: `none sends everything in the clear to "${server}"` }]),
      ...(user === undefined || encryption !== 'none'
        ? []
        : [{ at: ['user'], message: 'its password is not sent in the clear: give another encryption' }]),
      ...(caFile === undefined || encryption !== 'none'
        ? []
        : [{ at: ['caFile'], message: 'nobody is asked for a certificate: give another encryption' }]),
      ...((user === undefined) === (passwordFile === undefined)
        ? []
        : [
            {
              at: [user === undefined ? 'user' : 'passwordFile'],
              message: 'a user needs a password, and a password a user',
            },
          ]),
    ];
  },
);

const hook = list(text({ about: 'A word of it.', pattern: /^[^\0]{1,1000}$/, what: 'a word of a command' }), {
  about:
    'A command of this machine with its arguments, run for each alert that begins or ends, with the event as JSON on its standard input. Not by a shell.',
  from: 0,
  to: 50,
});

const heartbeatKeys = block(
  'Somebody who is told every minute that alerts work, and raises the alarm when that ends.',
  {
    url: address('Where to, by a POST. Without a password.').optional(),
    urlFile: file('Holds the address, where that is a secret itself.').optional(),
  },
);

export const alerts = block('When somebody is told, and who.', {
  critical: block('Wakes somebody up.', {
    databaseFailover: flag({ about: 'The database failed over.', default: true }),
    allApiServersDown: flag({ about: 'No API server is up.', default: true }),
    /** Percent. */
    errorRate: percent({ about: 'More failed requests than this.', from: '0.01%', to: '100%', default: '5%' }),
    /** Milliseconds. */
    replicationLag: duration({ about: 'A database copy is further behind.', from: '1s', to: '1d', default: '10s' }),
  }).prefault({}),
  warning: block('Can wait until morning.', {
    /** Percent. */
    cpu: share('More CPU in use than this.', '70%'),
    /** Percent. */
    memory: share('More memory in use than this.', '80%'),
    /** Percent. */
    disk: share('More disk in use than this.', '85%'),
    /** Milliseconds. */
    p95: duration({ about: 'Slower responses than this (95th percentile).', from: '10ms', to: '1h', default: '1s' }),
  }).prefault({}),
  webhooks: list(related(webhookKeys, ['url', 'urlFile'], addressContradicts), {
    about: 'Who is told by HTTP.',
    from: 0,
    to: 10,
  }).prefault([]),
  email: email.optional(),
  hook: hook.prefault([]),
  heartbeat: related(heartbeatKeys, ['url', 'urlFile'], addressContradicts).optional(),
  /** Milliseconds. */
  repeat: duration({
    about: 'An alert that still holds is told again after so long.',
    from: '5m',
    to: '30d',
    default: '4h',
  }),
}).prefault({});
