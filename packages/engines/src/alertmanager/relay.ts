/** Who tells Alertmanager of alerts, and asks it. */
export const ALERTMANAGER_USER = 'sbmcrm';

/** Where the machine takes what Alertmanager tells it, behind the relay's token. */
export const RELAY_PATHS = { events: '/alerts', hook: '/hook', alive: '/alive' } as const;
