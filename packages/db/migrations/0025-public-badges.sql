-- Whether the badges of a project are shown without a sign-in.
alter table projects add column public_badges boolean not null default false;
