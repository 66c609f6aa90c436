-- What runners name the checkout directory of a project's own repository after. Addresses are sealed, so the program
-- fills it in for those that are there already. Null: no repository of its own.
alter table projects add column checkout_path text;

create index projects_checkout_path on projects (coalesce(checkout_path, '/' || lower(path))) where deleted_at is null;
