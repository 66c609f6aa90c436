-- How often a job of the pipeline was tried again. What was concluded from the attempts before is void then: who starts or
-- skips a job names the number it read, and holds the row.
alter table pipelines add column retries integer not null default 0;
