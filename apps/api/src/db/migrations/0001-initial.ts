import { CREATE_TIMELINES } from '../../resilience/reads/position-sql.ts';
import type { Migration } from './migration.ts';

/** Users and their sessions, customers, the points ledger, idempotency keys. */
export const initial: Migration = {
  id: 1,
  name: 'initial',
  sql: `
${CREATE_TIMELINES}

CREATE TABLE users (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email         text NOT NULL,
  password_hash text NOT NULL,
  role          text NOT NULL DEFAULT 'admin' CHECK (role IN ('admin')),
  created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE sessions (
  token_hash bytea PRIMARY KEY,
  user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_expires_at ON sessions (expires_at);

CREATE TABLE customers (
  id         uuid PRIMARY KEY,
  name       text NOT NULL,
  email      text,
  phone      text,
  tier       text NOT NULL DEFAULT 'standard',
  tags       text[] NOT NULL DEFAULT '{}',
  profile    jsonb NOT NULL DEFAULT '{}',
  balance    bigint NOT NULL DEFAULT 0 CHECK (balance BETWEEN 0 AND 9007199254740991),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);
CREATE INDEX customers_created_at ON customers (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX customers_email ON customers (lower(email)) WHERE deleted_at IS NULL;
CREATE INDEX customers_tier ON customers (tier) WHERE deleted_at IS NULL;
CREATE INDEX customers_tags ON customers USING gin (tags);

CREATE TABLE point_entries (
  id          uuid PRIMARY KEY,
  sequence    bigint GENERATED ALWAYS AS IDENTITY,
  customer_id uuid NOT NULL REFERENCES customers,
  type        text NOT NULL CHECK (type IN ('earn', 'redeem', 'adjust')),
  points      bigint NOT NULL CHECK (points <> 0),
  balance     bigint NOT NULL CHECK (balance >= 0),
  reason      text NOT NULL,
  reference   text,
  user_id     uuid NOT NULL REFERENCES users,
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX point_entries_customer ON point_entries (customer_id, sequence);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER point_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON point_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE idempotency_keys (
  user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  key          text NOT NULL,
  request_hash bytea NOT NULL,
  status       integer,
  body         text,
  replays      integer NOT NULL DEFAULT 0,
  created_at   timestamptz NOT NULL DEFAULT now(),
  replayed_at  timestamptz,
  PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
`,
};
