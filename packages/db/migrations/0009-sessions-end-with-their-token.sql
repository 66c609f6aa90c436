-- A digest of the administrator's token that was valid when it began: another token ends it. Null: from before, and bound
-- at the next start.
alter table sessions add column bound_to text;
alter table sign_in_links add column bound_to text;
