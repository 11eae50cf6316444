/** Where a host finds the files of its definition ({@link HostFile}). */
export const CONFIG_DIR = '/etc/sbmcrm';
/** A host's disk: survives restarts of the host. */
export const DATA_DIR = '/data';
/** Where a host finds the project's code and its Node, read-only, if its definition asks for them. */
export const CODE_DIR = '/opt/sbmcrm';
