import type { Deadline } from '../resilience/deadline.ts';
import type { Primary } from '../resilience/primary/primary.ts';
import type { User } from './sessions.ts';

/** The user with this e-mail address, upper or lower case, with the stored password hash. */
export async function findUser(
  primary: Primary,
  email: string,
  deadline: Deadline,
): Promise<(User & { password_hash: string }) | undefined> {
  const [user] = await primary.read(
    (query) =>
      query<User & { password_hash: string }>(
        'SELECT id, email, role, password_hash FROM users WHERE lower(email) = lower($1)',
        [email],
      ),
    deadline,
  );
  return user;
}
