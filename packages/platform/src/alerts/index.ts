// An entry of its own: few commands need it.
export { matchersOf, silenceText } from './silence-text.ts';
export { endSilences, listSilences, prolongSilences, silence } from './silences.ts';
