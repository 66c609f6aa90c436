import type { JobStatus } from '@yardmaster/domain/jobs'
import type { TraceStore } from '@yardmaster/domain/ports'
import type { TraceSegment } from '@yardmaster/domain/traces'
import type { Database } from './database.ts'
import { IS } from './job-statuses.ts'
import { TOUCHED } from './jobs.ts'

// Job rows are locked in the order of their ids, and those that are not available are left out: it waits for nothing and
// can't deadlock. A patch that was left out may still be added to the segment, which is therefore made for it, too. A
// stray that may already have been deleted is not accepted, so that no piece is without its bytes.
const ADVANCE_TOGETHER = {
  name: 'advance-traces',
  text: `
with held as materialized (
  select p.*
    from unnest($3::integer[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
      as p (job_id, start_byte, end_byte, object_offset, crc32)
    join jobs j on j.id = p.job_id
   order by j.id
     for no key update of j skip locked
), announced as materialized (
  select object_key from stray_objects where object_key = $1 and remove_after > now() for update
), moved as (
  update jobs j
     set trace_size = h.end_byte, ${TOUCHED}
    from held h
   where j.id = h.job_id and j.trace_size = h.start_byte and j.status in ${IS.executing} and j.erased_at is null
     and ($1::text is null or exists (select from announced))
  returning j.id, j.trace_size, j.status, h.start_byte, h.object_offset, h.crc32
), segment as (
  insert into trace_segments (object_key, bytes, level)
  select object_key, $2, 0
    from announced
   where exists (select from moved where trace_size > start_byte)
      or (select count(*) from held) < cardinality($3::integer[])
  returning id
), named as (
  delete from stray_objects where object_key = $1 and exists (select from segment)
), kept as (
  insert into trace_pieces (job_id, start_byte, end_byte, object_key, crc32, object_offset, segment_id)
  select m.id, m.start_byte, m.trace_size, $1, m.crc32, m.object_offset, s.id
    from moved m cross join segment s
   where m.trace_size > m.start_byte
)
select 0 as job_id, null::bigint as trace_size, null as status, (select id from segment) as segment_id,
       $1::text is null or exists (select from announced) as announced
 union all
select job_id, null, null, null, true from held
 union all
select id, trace_size, status, null, true from moved`,
}

// Locking first makes it exact: a transaction that waited for the rows finds them gone, counts too few and changes
// nothing. The new pieces are taken from arrays by their number, because a join of two lists may cost their product.
const MOVE = {
  name: 'move-pieces',
  text: `
with announced as materialized (
  select object_key
    from stray_objects
   where object_key = any ($1::text[] || case when $5::bigint is null then $2::text end) and remove_after > now()
     for update
), made as materialized (
  select id from trace_segments where id = $5 for key share
), held as materialized (
  select t.job_id, t.start_byte, c.n, c.pieces
    from trace_pieces t
    join unnest($6::integer[], $7::bigint[], $8::bigint[], $9::text[], $10::bigint[], $11::integer[], $12::integer[])
      as c (job_id, start_byte, end_byte, object_key, object_offset, n, pieces)
      using (job_id, start_byte, end_byte, object_key, object_offset)
   where (select count(*) from announced) =
           cardinality($1::text[]) + (case when $5::bigint is null and $2::text is not null then 1 else 0 end)
     and ($5::bigint is null or exists (select from made))
   order by t.job_id, t.start_byte
     for update of t
), removed as (
  delete from trace_pieces t
   using (select *, count(*) over (partition by n) as found from held) h
   where h.found = h.pieces and t.job_id = h.job_id and t.start_byte = h.start_byte
  returning h.n
), counted as materialized (
  select distinct n, ($18::integer[])[n] as own from removed
), segment as (
  insert into trace_segments (object_key, bytes, level)
  select $2, $3, $4 where $5::bigint is null and exists (select from counted where own is null)
  returning id
), named as (
  delete from stray_objects
   where object_key = any (array(select ($1::text[])[own] from counted where own is not null))
      or object_key = $2 and exists (select from segment)
)
insert into trace_pieces (job_id, start_byte, end_byte, object_key, crc32, object_offset, segment_id)
select ($13::integer[])[n], ($14::bigint[])[n], ($15::bigint[])[n], coalesce(($1::text[])[own], $2),
       ($16::bigint[])[n], ($17::bigint[])[n],
       case when own is null then coalesce($5, (select id from segment)) end
  from counted
returning segment_id`,
}

// One process at a time: two would share the segments, and each would join too few. One that reads what another has
// just taken finds too few that are still of this level, and leaves them.
const TAKE_SMALL = `
with many as materialized (
  select level from trace_segments where level is not null group by level having count(*) >= $1 order by level limit 1
), alone as materialized (
  select level from many where pg_try_advisory_xact_lock(hashtext('yardmaster segments'))
), taken as materialized (
  select id, level
    from trace_segments
   where level = (select level from alone)
   order by id
   limit $1
     for no key update skip locked
)
update trace_segments s
   set level = null
  from taken t
 where s.id = t.id and (select count(*) from taken) = $1
returning s.id, s.object_key, s.bytes, t.level`

const TAKE_DUE = `
with due as materialized (
  select id from trace_segments where check_at <= $1 order by check_at limit $2 for update skip locked
), taken as (
  update trace_segments s set check_at = $1::timestamptz + interval '5 minutes' from due where s.id = due.id
  returning s.id, s.object_key, s.bytes
)
select id, object_key, bytes,
       (select coalesce(sum(end_byte - start_byte), 0)::bigint from trace_pieces where segment_id = taken.id) as used
  from taken
 order by id`

const PIECES_IN = {
  name: 'pieces-in-segment',
  text: `
select job_id, start_byte, end_byte, object_key, crc32, object_offset
  from trace_pieces
 where segment_id = $1
 order by job_id, start_byte`,
}

// Most segments of a sealed log still have pieces of others: then no transaction is needed.
const UNUSED = `
select id from trace_segments s
 where id = any ($1) and not exists (select from trace_pieces where segment_id = s.id)`
// After the rows are locked, a statement of its own sees every piece that was added to the segment: that holds its row.
const LOCK_SEGMENTS = 'select id from trace_segments where id = any ($1) order by id for update skip locked'
const REMOVE_UNUSED = `
with gone as (
  delete from trace_segments s
   where id = any ($1) and not exists (select from trace_pieces where segment_id = s.id)
  returning object_key
), strays as (
  insert into stray_objects (object_key, remove_after) select object_key, now() from gone
  on conflict (object_key) do nothing
)
select object_key from gone`

interface OutcomeRow {
  job_id: number
  trace_size: number | null
  status: JobStatus | null
  segment_id: number | null
  announced: boolean
}

interface SegmentRow {
  id: number
  object_key: string
  bytes: number
}

interface SegmentPieceRow {
  job_id: number
  start_byte: number
  end_byte: number
  object_key: string
  crc32: number
  object_offset: number
}

const toSegment = (row: SegmentRow): TraceSegment => ({ id: row.id, key: row.object_key, bytes: row.bytes })

type SegmentMethods =
  | 'advanceTogether'
  | 'movePieces'
  | 'takeSmallSegments'
  | 'takeDueSegments'
  | 'piecesIn'
  | 'removeUnusedSegments'

/** The part of the trace store that is about objects with pieces of many logs. */
export function segmentStore(db: Database): Pick<TraceStore, SegmentMethods> {
  return {
    async advanceTogether(object, appends) {
      const rows = await db.query<OutcomeRow>(ADVANCE_TOGETHER, [
        object?.key ?? null,
        object?.bytes ?? null,
        appends.map(({ jobId }) => jobId),
        appends.map(({ start }) => start),
        appends.map(({ end }) => end),
        appends.map(({ offset }) => offset),
        appends.map(({ crc }) => crc),
      ])
      const [about] = rows
      if (!about?.announced) return 'swept'
      const outcomes = new Map<number, { storedBytes: number; status: JobStatus } | null>()
      for (const { job_id, trace_size, status } of rows) {
        const moved = trace_size !== null && status !== null
        outcomes.set(job_id, moved ? { storedBytes: trace_size, status } : (outcomes.get(job_id) ?? null))
      }
      return {
        segmentId: about.segment_id,
        outcomes: appends.map(({ jobId }) => {
          const outcome = outcomes.get(jobId)
          return outcome === undefined ? 'locked' : outcome
        }),
      }
    },

    async movePieces(moves, { key, bytes, level, id }) {
      const own = moves.flatMap((move) => (move.offset === null ? [move.key] : []))
      const covered = moves.flatMap((move, index) =>
        move.covered.map((piece) => ({ ...piece, jobId: move.jobId, n: index + 1, pieces: move.covered.length })),
      )
      let owns = 0
      const rows = await db.query<{ segment_id: number | null }>(MOVE, [
        own,
        own.length < moves.length ? key : null,
        bytes,
        level,
        id,
        covered.map(({ jobId }) => jobId),
        covered.map(({ start }) => start),
        covered.map(({ end }) => end),
        covered.map((piece) => piece.key),
        covered.map(({ segment }) => segment?.offset ?? 0),
        covered.map(({ n }) => n),
        covered.map(({ pieces }) => pieces),
        moves.map(({ jobId }) => jobId),
        moves.map(({ start }) => start),
        moves.map(({ end }) => end),
        moves.map(({ crc }) => crc),
        moves.map(({ offset }) => offset ?? 0),
        moves.map(({ offset }) => (offset === null ? ++owns : null)),
      ])
      return id ?? rows.find(({ segment_id }) => segment_id !== null)?.segment_id ?? null
    },

    async takeSmallSegments(count) {
      const rows = await db.query<SegmentRow & { level: number }>(TAKE_SMALL, [count])
      const [first] = rows
      if (!first) return null
      return { level: first.level, segments: rows.map(toSegment).sort((a, b) => a.id - b.id) }
    },

    async takeDueSegments(now, limit) {
      const rows = await db.query<SegmentRow & { used: number }>(TAKE_DUE, [now, limit])
      return rows.map((row) => ({ ...toSegment(row), used: row.used }))
    },

    async piecesIn(segmentId) {
      const rows = await db.query<SegmentPieceRow>(PIECES_IN, [segmentId])
      return rows.map((row) => ({
        jobId: row.job_id,
        start: row.start_byte,
        end: row.end_byte,
        key: row.object_key,
        crc: row.crc32,
        segment: { id: segmentId, offset: row.object_offset },
      }))
    },

    async removeUnusedSegments(ids) {
      const unused = await db.query<{ id: number }>(UNUSED, [ids])
      if (unused.length === 0) return []
      return await db.transaction(async (tx) => {
        const locked = await tx.query<{ id: number }>(LOCK_SEGMENTS, [unused.map(({ id }) => id)])
        if (locked.length === 0) return []
        const gone = await tx.query<{ object_key: string }>(REMOVE_UNUSED, [locked.map(({ id }) => id)])
        return gone.map(({ object_key }) => object_key)
      })
    },
  }
}
