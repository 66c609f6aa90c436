-- Bytes of artifacts and logs a project may store. Null: without limit.
alter table projects add column max_stored_bytes bigint check (max_stored_bytes >= 0);
