/** The port of HAProxy's agent check on every API host: the application cannot have it. */
export const AGENT_PORT = 8081;
