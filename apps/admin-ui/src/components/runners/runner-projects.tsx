import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { type RunnerWithManagers, trpc } from '../../lib/api.ts'
import { useProjectPaths } from '../../lib/lists.ts'
import { ProjectPicker } from '../projects/project-picker.tsx'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { CloseIcon } from '../ui/icons.tsx'
import { Panel } from '../ui/page.tsx'

/** The projects that a project runner serves. The first one owns it and cannot be unassigned. */
export function RunnerProjects({ runner }: { runner: RunnerWithManagers }) {
  const queries = useQueryClient()
  const paths = useProjectPaths(runner.projectIds)
  const [chosen, setChosen] = useState<number | null>(null)
  const refresh = () => void queries.invalidateQueries(trpc.runners.pathFilter())
  const assign = useAction(trpc.runners.assignProject.mutationOptions(), 'Project assigned', () => {
    setChosen(null)
    refresh()
  })
  const unassign = useAction(trpc.runners.unassignProject.mutationOptions(), 'Project unassigned', refresh)
  const pathOf = (id: number) => paths.get(id) ?? `Project ${id}`
  return (
    <Panel title="Projects">
      <ul className="grid gap-1 text-sm">
        {runner.projectIds.map((id, index) => (
          <li key={id} className="flex min-h-8 items-center justify-between gap-2">
            <Link to="/projects/$projectId" params={{ projectId: id }} className="truncate hover:underline">
              {pathOf(id)}
            </Link>
            {index > 0 && !runner.locked && (
              <Button
                kind="quiet"
                iconOnly
                aria-label={`No longer serve ${pathOf(id)}`}
                onClick={() => unassign.mutate({ id: runner.id, projectId: id })}
              >
                <CloseIcon />
              </Button>
            )}
          </li>
        ))}
      </ul>
      {runner.locked ? (
        <p className="mt-2 text-xs text-soft">Locked: no more projects can be assigned.</p>
      ) : (
        <div className="mt-2 flex gap-2">
          <ProjectPicker
            aria-label="Project to serve"
            className="grow"
            none="Choose a project"
            except={runner.projectIds}
            value={chosen}
            onChoose={setChosen}
          />
          <Button
            disabled={chosen === null}
            busy={assign.isPending}
            onClick={() => chosen !== null && assign.mutate({ id: runner.id, projectId: chosen })}
          >
            Assign
          </Button>
        </div>
      )}
    </Panel>
  )
}
