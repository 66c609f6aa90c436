-- Objects with bytes of many jobs. A row is the commit: the object is whole before it is inserted, and removed after no
-- piece names it any more. Ids and times grow, so that all but one of the indexes are written at their right edge.
create table trace_segments (
  id          bigint generated always as identity primary key,
  object_key  text not null,
  bytes       bigint not null,
  -- How often its bytes were joined; null for a segment that is large enough, or that a process is about to join.
  level       smallint,
  -- When it is next compared with the pieces in it.
  check_at    timestamptz(3) not null default now() + interval '5 minutes'
);
create index trace_segments_to_join on trace_segments (level, id) where level is not null;
create index trace_segments_to_check on trace_segments (check_at);

-- Where the piece begins in its object; 0 for an object of its own.
alter table trace_pieces add column object_offset bigint not null default 0;
-- Null for an object of its own.
alter table trace_pieces add column segment_id bigint;
create index trace_pieces_segment on trace_pieces (segment_id) where segment_id is not null;
