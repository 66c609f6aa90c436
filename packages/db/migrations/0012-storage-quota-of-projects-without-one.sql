-- Bytes of artifacts and logs that a project without a quota of its own may store. Null: without limit.
alter table settings add column max_stored_bytes bigint check (max_stored_bytes >= 0);
