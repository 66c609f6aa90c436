import type { JobStatus } from '@yardmaster/domain/jobs'
import type { TraceStore } from '@yardmaster/domain/ports'
import type { TracePiece } from '@yardmaster/domain/traces'
import type { Database } from './database.ts'
import { IS } from './job-statuses.ts'
import { TOUCHED } from './jobs.ts'
import { segmentStore } from './trace-segments.ts'

// The length changes only if it is still where the piece begins, so of two writers one wins. An empty piece is just a
// heartbeat.
const ADVANCE = {
  name: 'advance-trace',
  text: `
with moved as (
  update jobs
     set trace_size = $3, ${TOUCHED}
   where id = $1 and trace_size = $2 and status in ${IS.executing} and erased_at is null
  returning id, trace_size, status
), kept as (
  insert into trace_pieces (job_id, start_byte, end_byte, object_key, crc32)
  select id, $2, $3, $4, $5 from moved where $3::bigint > $2::bigint
)
select trace_size, status from moved`,
}

// For a patch whose bytes are in a segment already. The segment's row is held, so that it is not removed meanwhile.
const ADVANCE_IN_SEGMENT = {
  name: 'advance-trace-in-segment',
  text: `
with segment as materialized (
  select id from trace_segments where id = $6 for key share
), moved as (
  update jobs
     set trace_size = $3, ${TOUCHED}
   where id = $1 and trace_size = $2 and status in ${IS.executing} and erased_at is null
     and exists (select from segment)
  returning id, trace_size, status
), kept as (
  insert into trace_pieces (job_id, start_byte, end_byte, object_key, crc32, object_offset, segment_id)
  select id, $2, $3, $4, $5, $7, $6 from moved where $3::bigint > $2::bigint
)
select trace_size, status from moved`,
}

// Starts at the piece that includes `from`: a long log may have thousands before it.
const PIECES = {
  name: 'trace-pieces',
  text: `
select j.trace_size, j.status, t.start_byte, t.end_byte, t.object_key, t.crc32, t.object_offset, t.segment_id
  from jobs j
  left join lateral (
    select *
      from trace_pieces
     where job_id = j.id
       and start_byte >= coalesce(
             (select max(start_byte) from trace_pieces where job_id = $1 and start_byte <= $2::bigint), 0)
       and end_byte > $2::bigint
     order by start_byte
     limit $3
  ) t on true
 where j.id = $1
 order by t.start_byte`,
}

// Locking first makes it exact: a transaction that waited for the rows finds them gone, counts too few and changes
// nothing.
const REPLACE = `
with held as materialized (
  select t.start_byte
    from trace_pieces t
    join unnest($2::bigint[], $3::bigint[], $4::text[], $5::bigint[])
      as c (start_byte, end_byte, object_key, object_offset)
      using (start_byte, end_byte, object_key, object_offset)
   where t.job_id = $1
   order by t.start_byte
     for update of t
), whole as materialized (
  select 1 from held having count(*) = cardinality($2::bigint[])
), removed as (
  delete from trace_pieces t using held, whole where t.job_id = $1 and t.start_byte = held.start_byte returning 1
), counted as materialized (
  select count(*) as pieces from removed
)
insert into trace_pieces (job_id, start_byte, end_byte, object_key, crc32)
select $1, $6, $7, $8, $9 from counted where pieces > 0
returning job_id`

interface PieceRow {
  trace_size: number
  status: JobStatus
  start_byte: number | null
  end_byte: number
  object_key: string
  crc32: number
  object_offset: number
  segment_id: number | null
}

export function traceStore(db: Database): TraceStore {
  return {
    ...segmentStore(db),

    async advance({ jobId, start, piece: { end, key, crc, segment } }) {
      const params = [jobId, start, end, key, crc]
      const [row] = await (segment
        ? db.query<{ trace_size: number; status: JobStatus }>(ADVANCE_IN_SEGMENT, [
            ...params,
            segment.id,
            segment.offset,
          ])
        : db.query<{ trace_size: number; status: JobStatus }>(ADVANCE, params))
      return row ? { storedBytes: row.trace_size, status: row.status } : null
    },

    async pieces(jobId, from, limit) {
      const rows = await db.query<PieceRow>(PIECES, [jobId, from, limit])
      const [first] = rows
      if (!first) return null
      const pieces = rows.flatMap(({ start_byte: start, ...row }): TracePiece[] => {
        if (start === null) return []
        const segment = row.segment_id === null ? null : { id: row.segment_id, offset: row.object_offset }
        return [{ start, end: row.end_byte, key: row.object_key, crc: row.crc32, segment }]
      })
      return { pieces, storedBytes: first.trace_size, status: first.status }
    },

    async replace(jobId, covered, by) {
      if (covered.length === 0) return false
      const replaced = await db.query(REPLACE, [
        jobId,
        covered.map((piece) => piece.start),
        covered.map((piece) => piece.end),
        covered.map((piece) => piece.key),
        covered.map(({ segment }) => segment?.offset ?? 0),
        by.start,
        by.end,
        by.key,
        by.crc,
      ])
      return replaced.length > 0
    },

    async noteCoverage(jobId, coverage) {
      await db.query(
        `update jobs set coverage = $2, updated_at = now()
          where id = $1 and finished_at is not null and coverage is distinct from $2`,
        [jobId, coverage],
      )
    },

    async seal(jobId, storedBytes) {
      await db.query(
        'update jobs set trace_sealed = true where id = $1 and finished_at is not null and trace_size = $2',
        [jobId, storedBytes],
      )
    },
  }
}
