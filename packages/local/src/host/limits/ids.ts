/**
 * Users of hosts.
 *
 * Every host runs in a user namespace: its ids 0 to 65535 are ids of this machine that nobody else has, so that not even a
 * host's root is anybody here. All hosts share one range, since they share one image.
 */

/**
 * First id of the range. Between the ranges that distributions and container managers give away and the ids that systemd
 * keeps for itself.
 *
 * @see https://systemd.io/UIDS-GIDS/ (1879048192…2147352575: unused)
 */
export const ID_BASE = 1_879_048_192;
const ID_COUNT = 65_536;

/** The range as an OCI runtime wants it, for users and for groups. */
export const ID_MAPPINGS = [{ containerID: 0, hostID: ID_BASE, size: ID_COUNT }];

/** The machine's id for a host's. */
export function machineId(id: number): number {
  return ID_BASE + id;
}

/**
 * Gives everything below a folder to the same users of hosts: ids that are not in the range yet are moved into it, the folder
 * itself last, so that a run that is cut short is seen. For `python3 -c`, with the folder and the first id.
 */
export const SHIFT_IDS = `
import os, sys
root, base = sys.argv[1], int(sys.argv[2])
def shift(path):
    s = os.lstat(path)
    if s.st_uid < base or s.st_gid < base:
        os.lchown(path, s.st_uid + (base if s.st_uid < base else 0), s.st_gid + (base if s.st_gid < base else 0))
        # A new owner takes away what lets a program run as another user.
        if s.st_mode & 0o6000 and not os.path.islink(path): os.chmod(path, s.st_mode & 0o7777)
if os.lstat(root).st_uid < base:
    for folder, folders, files in os.walk(root, topdown=False):
        for name in folders + files: shift(os.path.join(folder, name))
    shift(root)
`;
