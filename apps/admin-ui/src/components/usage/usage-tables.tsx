import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { ProjectStored, ProjectUsed, RunnerUsed } from '../../lib/api.ts'
import { bytes } from '../../lib/bytes.ts'
import { duration } from '../../lib/time.ts'
import { type Column, DataTable, ROW_LINK } from '../ui/data-table.tsx'
import { Empty } from '../ui/page.tsx'
import { Meter } from './meter.tsx'

const minutesFormat = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })
const minutesText = (minutes: number): string =>
  minutes > 0 && minutes < 0.05 ? `< ${minutesFormat.format(0.1)} min` : `${minutesFormat.format(minutes)} min`
const factorFormat = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 })

const none = <span className="text-soft">–</span>
const most = <Row,>(rows: readonly Row[], of: (row: Row) => number) => Math.max(0, ...rows.map(of))

interface ProjectRow extends Omit<ProjectUsed, 'projectId'> {
  readonly id: number
  readonly stored: Pick<ProjectStored, 'artifactBytes' | 'logBytes' | 'maxStoredBytes'>
}

const total = ({ stored }: ProjectRow): number => stored.artifactBytes + stored.logBytes

/** Projects whose jobs ran in the month, and projects that store anything now. */
export function ProjectUsageTable({
  used,
  stored,
  stale,
}: {
  used: readonly ProjectUsed[] | undefined
  stored: readonly ProjectStored[] | undefined
  stale: boolean
}) {
  const rows = used && stored && projectRows(used, stored)
  if (rows?.length === 0) return <Nothing>No jobs ended in this month, and nothing is stored.</Nothing>
  const mostMinutes = most(rows ?? [], ({ computeMinutes }) => computeMinutes)
  const mostBytes = most(rows ?? [], total)
  const minutes = (row: ProjectRow) => (
    <Meter value={row.computeMinutes} most={mostMinutes}>
      {minutesText(row.computeMinutes)}
    </Meter>
  )
  const size = (row: ProjectRow) => {
    const { artifactBytes, logBytes, maxStoredBytes } = row.stored
    if (total(row) === 0 && maxStoredBytes === null) return none
    return (
      <span
        className={`grid ${maxStoredBytes === null ? '' : 'py-2'}`}
        title={`Artifacts ${bytes(artifactBytes)}, logs ${bytes(logBytes)}`}
      >
        <Meter value={total(row)} most={maxStoredBytes ?? mostBytes}>
          {bytes(total(row))}
        </Meter>
        {maxStoredBytes !== null && (
          <span className={`text-xs ${total(row) >= maxStoredBytes ? 'text-bad' : 'text-soft'}`}>
            {share(total(row), maxStoredBytes)} of its quota of {bytes(maxStoredBytes)}
          </span>
        )}
      </span>
    )
  }
  const columns: readonly Column<ProjectRow>[] = [
    { header: 'Project', cell: (row) => <ProjectLink row={row} /> },
    { header: 'Jobs', width: 'w-16', align: 'right', cell: ({ jobs }) => jobs },
    { header: 'Compute minutes', width: 'w-[30%]', cell: minutes },
    { header: 'Stored now', width: 'w-[30%]', cell: size },
  ]
  return (
    <DataTable
      label="Usage by project"
      rows={rows}
      columns={columns}
      stale={stale}
      card={(row) => (
        <Card title={<ProjectLink row={row} />} jobs={row.jobs}>
          {minutes(row)}
          {(total(row) > 0 || row.stored.maxStoredBytes !== null) && size(row)}
        </Card>
      )}
    />
  )
}

const NOT_RUN = { jobs: 0, runSeconds: 0, computeMinutes: 0 }

const NOTHING_STORED = { artifactBytes: 0, logBytes: 0, maxStoredBytes: null }

const share = (used: number, of: number): string => `${of === 0 ? 100 : Math.floor((used / of) * 100)} %`

function projectRows(used: readonly ProjectUsed[], stored: readonly ProjectStored[]): ProjectRow[] {
  const of = new Map(stored.map((storage) => [storage.projectId, storage]))
  const ran = new Set(used.map(({ projectId }) => projectId))
  return [
    ...used.map(({ projectId, ...usage }) => ({
      ...usage,
      id: projectId,
      stored: of.get(projectId) ?? NOTHING_STORED,
    })),
    ...stored
      .filter(({ projectId }) => !ran.has(projectId))
      .map((storage) => ({ ...NOT_RUN, id: storage.projectId, path: storage.path, stored: storage })),
  ]
}

const ProjectLink = ({ row: { id, path } }: { row: ProjectRow }) => (
  <Link to="/projects/$projectId" params={{ projectId: id }} data-row="" className={ROW_LINK}>
    {path}
  </Link>
)

interface RunnerRow extends RunnerUsed {
  readonly id: number
}

export function RunnerUsageTable({ used, stale }: { used: readonly RunnerUsed[] | undefined; stale: boolean }) {
  const rows = used?.map((runner) => ({ ...runner, id: runner.runnerId }))
  if (rows?.length === 0) return <Nothing>No runner finished a job in this month.</Nothing>
  const mostMinutes = most(rows ?? [], ({ computeMinutes }) => computeMinutes)
  const minutes = (row: RunnerRow) => (
    <Meter value={row.computeMinutes} most={mostMinutes}>
      {minutesText(row.computeMinutes)}
    </Meter>
  )
  const columns: readonly Column<RunnerRow>[] = [
    { header: 'Runner', cell: (row) => <RunnerLink row={row} /> },
    { header: 'Jobs', width: 'w-16', align: 'right', cell: ({ jobs }) => jobs },
    { header: 'Compute minutes', width: 'w-[30%]', cell: minutes },
    { header: 'Ran', width: 'w-28', align: 'right', cell: ({ runSeconds }) => duration(runSeconds * 1000) },
    {
      header: 'Factor',
      width: 'w-20',
      align: 'right',
      cell: ({ costFactor }) => (costFactor === null ? none : factorFormat.format(costFactor)),
    },
  ]
  return (
    <DataTable
      label="Usage by runner"
      rows={rows}
      columns={columns}
      stale={stale}
      card={(row) => (
        <Card title={<RunnerLink row={row} />} jobs={row.jobs}>
          {minutes(row)}
        </Card>
      )}
    />
  )
}

function RunnerLink({ row: { id, description, costFactor } }: { row: RunnerRow }) {
  if (costFactor === null) return <span className="text-soft">Runner {id} (since removed)</span>
  return (
    <Link to="/runners/$runnerId" params={{ runnerId: id }} data-row="" className={ROW_LINK}>
      {description?.trim() || `Runner ${id}`}
    </Link>
  )
}

function Card({ title, jobs, children }: { title: ReactNode; jobs: number; children: ReactNode }) {
  return (
    <div className="grid gap-1 text-sm">
      <span className="flex justify-between gap-3">
        <span className="truncate">{title}</span>
        <span className="shrink-0 text-xs text-soft">
          {jobs} {jobs === 1 ? 'job' : 'jobs'}
        </span>
      </span>
      {children}
    </div>
  )
}

const Nothing = ({ children }: { children: string }) => (
  <Empty title="No usage">
    <p className="text-soft">{children}</p>
  </Empty>
)
