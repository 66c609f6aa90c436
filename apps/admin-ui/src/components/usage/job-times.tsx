import type { JobTimes } from '../../lib/api.ts'
import { duration } from '../../lib/time.ts'
import { Chip } from '../ui/chip.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/page.tsx'
import { PercentilePlot, type Percentiles } from './percentile-plot.tsx'

type OfTag = JobTimes['tags'][number]

interface Row extends OfTag {
  readonly id: number
  readonly of: 'all' | 'tag'
}

/** Queue and run times by tag, each column on one scale. */
export function JobTimesTable({ times, stale }: { times: JobTimes | undefined; stale: boolean }) {
  const rows: Row[] | undefined = times && [
    ...(times.all ? [{ ...times.all, id: 0, of: 'all' as const }] : []),
    ...times.tags.map((row, index) => ({ ...row, id: index + 1, of: 'tag' as const })),
  ]
  if (rows?.every(({ jobs }) => jobs === 0))
    return (
      <Empty title="No jobs ended in this period">
        <p className="text-soft">Choose a longer period to see how long jobs wait and run.</p>
      </Empty>
    )
  const longest = (which: 'queueWait' | 'runTime') => Math.max(1, ...(rows ?? []).map((row) => row[which].p99 ?? 0))
  const longestWait = longest('queueWait')
  const longestRun = longest('runTime')
  const columns: readonly Column<Row>[] = [
    { header: 'Tag', cell: (row) => <Of row={row} /> },
    { header: 'Jobs', width: 'w-20', align: 'right', cell: ({ jobs }) => jobs },
    {
      header: 'Waited in the queue',
      width: 'w-[37%]',
      cell: (row) => <Times times={row.queueWait} longest={longestWait} />,
    },
    { header: 'Ran', width: 'w-[37%]', cell: (row) => <Times times={row.runTime} longest={longestRun} /> },
  ]
  return (
    <>
      <p className="mb-3 text-sm text-soft">
        Half of the jobs took at most the first number (dot), nine of ten at most the second (bar), and 99 of 100 at
        most the third (tick). Each column has one logarithmic scale.
      </p>
      <DataTable
        label="Waits and run times by tag"
        rows={rows}
        columns={columns}
        stale={stale}
        card={(row) => (
          <div className="grid gap-1 text-sm">
            <span className="flex justify-between gap-3">
              <Of row={row} />
              <span className="text-xs text-soft">
                {row.jobs} {row.jobs === 1 ? 'job' : 'jobs'}
              </span>
            </span>
            <span className="label-caps">Waited in the queue</span>
            <Times times={row.queueWait} longest={longestWait} />
            <span className="label-caps">Ran</span>
            <Times times={row.runTime} longest={longestRun} />
          </div>
        )}
      />
    </>
  )
}

const Of = ({ row: { of, tag } }: { row: Row }) =>
  of === 'all' ? (
    <span className="font-medium">All jobs</span>
  ) : tag === null ? (
    <span className="text-soft">without tags</span>
  ) : (
    <Chip mono>{tag}</Chip>
  )

function Times({ times, longest }: { times: Percentiles; longest: number }) {
  const { p50, p90, p99 } = times
  if (p50 === null || p90 === null || p99 === null) return <span className="text-soft">–</span>
  return (
    <span className="flex items-center gap-3">
      <PercentilePlot times={times} longest={longest} />
      <span className="grid w-52 shrink-0 grid-cols-3 max-md:w-44 text-right text-xs whitespace-nowrap">
        {[p50, p90, p99].map((seconds, index) => (
          <span key={['p50', 'p90', 'p99'][index]} className={index === 0 ? 'font-medium' : 'text-soft'}>
            <span className="sr-only">{['half', 'nine of ten', '99 of 100'][index]} within </span>
            {duration(seconds * 1000)}
          </span>
        ))}
      </span>
    </span>
  )
}
