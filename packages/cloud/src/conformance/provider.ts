import type { Cloud } from '../cloud.ts';
import type { HostDefinition } from '../hosts.ts';

/** What the suite needs of a provider beside the port itself: ways to see that what the port says is so. */
export interface ProviderUnderTest {
  cloud: Cloud;
  /** Begins the names of a rule's hosts: rules that run at the same time have different ones. */
  prefix: string;
  /** A host that the provider can run, with one service, `work`, that does nothing for ever. @param zone `a` or `b` */
  define(name: string, zone: string): HostDefinition;
  /** Whether anything of a host can still act, seen past the port. */
  isAlive(host: string): Promise<boolean>;
  /** Lets time pass, as the provider counts it. */
  pass(milliseconds: number): Promise<void>;
  /** What holds the provider's state dies without a warning and is there again. */
  restart(): Promise<void>;
}

/** One thing that every provider does. */
export interface Rule {
  name: string;
  /** It lets the provider die: no other rule may run meanwhile. */
  restarts?: true;
  /** @throws AssertionError where the provider does it in another way */
  check(provider: ProviderUnderTest): Promise<void>;
}
