-- Encrypted: an address that is no http one, with its key. An http one is in repo_url, as older releases have it.
alter table projects add column repository bytea;
-- Null: the default path.
alter table projects add column config_path text;
-- Null: direct with an address in repo_url, which is what older releases do, else gateway.
alter table projects add column clone text check (clone in ('gateway', 'direct'));
-- The first line of the message of its commit; null when it is not known.
alter table pipelines add column commit_title text;
