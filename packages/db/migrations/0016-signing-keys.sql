-- Keys that sign id tokens. Their public halves are published for as long as a token signed with them may be valid.
create table signing_keys (
  id          integer generated always as identity primary key,
  kid         text not null unique,
  -- The key that it follows; empty for the first one. Two processes can't both replace the same key.
  replaces    text not null unique,
  -- Encrypted, with the public half: a key that was written without the encryption key is never published.
  private_key bytea not null,
  signs_from  timestamptz(3) not null,
  created_at  timestamptz(3) not null default now()
);
