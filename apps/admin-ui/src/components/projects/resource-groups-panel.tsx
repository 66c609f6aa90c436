import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ResourceGroup, trpc } from '../../lib/api.ts'
import { useLive } from '../../lib/live.ts'
import { PROCESS_MODE_WORDS, PROCESS_MODES } from '../../lib/words.ts'
import { useAction } from '../ui/action.ts'
import { Chip } from '../ui/chip.tsx'
import { Select } from '../ui/field.tsx'
import { Panel } from '../ui/page.tsx'

const MOST = 100

/** Whose jobs run one at a time, and in which order; nothing when no job of the project has named a resource group. */
export function ResourceGroupsPanel({ projectId }: { projectId: number }) {
  useLive('pipelines')
  const { data } = useQuery(trpc.resourceGroups.list.queryOptions({ projectId, limit: MOST }))
  if (!data || data.items.length === 0) return null
  return (
    <Panel title="Resource groups" flush>
      <ul className="divide-y divide-line">
        {data.items.map((group) => (
          <ResourceGroupRow key={group.name} projectId={projectId} group={group} />
        ))}
      </ul>
      {data.nextCursor !== null && (
        <p className="border-t border-line px-4 py-2 text-xs text-soft">The newest {MOST} are shown.</p>
      )}
    </Panel>
  )
}

function ResourceGroupRow({ projectId, group }: { projectId: number; group: ResourceGroup }) {
  const { name, heldBy, waiting } = group
  return (
    <li aria-label={name} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3 text-sm">
      <div className="min-w-0 flex-1 basis-60">
        <div className="flex items-center gap-2">
          <span className="min-w-0 truncate font-medium" title={name}>
            {name}
          </span>
          {waiting > 0 && <Chip tone="warn">{waiting} waiting</Chip>}
        </div>
        <p className="mt-1 text-xs text-soft">
          {heldBy === null ? (
            'Free'
          ) : (
            <>
              In use by{' '}
              <Link to="/jobs/$jobId" params={{ jobId: heldBy }} className="underline">
                job #{heldBy}
              </Link>
            </>
          )}
        </p>
      </div>
      <ModeOf projectId={projectId} group={group} />
    </li>
  )
}

function ModeOf({ projectId, group: { name, mode } }: { projectId: number; group: ResourceGroup }) {
  const queries = useQueryClient()
  const update = useAction(trpc.resourceGroups.update.mutationOptions(), null, () =>
    queries.invalidateQueries(trpc.resourceGroups.pathFilter()),
  )
  return (
    <Select
      aria-label={`Order of ${name}`}
      className="w-auto!"
      value={update.isPending ? update.variables.mode : mode}
      disabled={update.isPending}
      onChange={({ target }) => {
        const chosen = PROCESS_MODES.find((one) => one === target.value)
        if (chosen) update.mutate({ projectId, name, mode: chosen })
      }}
    >
      {PROCESS_MODES.map((one) => (
        <option key={one} value={one}>
          {PROCESS_MODE_WORDS[one]}
        </option>
      ))}
    </Select>
  )
}
