import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type Project, trpc } from '../../lib/api.ts'
import { bytes } from '../../lib/bytes.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Fact, Facts, Panel } from '../ui/page.tsx'
import { Ago } from '../ui/time.tsx'

const FETCHING_MS = 2_000

const WORDS = {
  missing: 'None',
  waiting: 'Not read yet',
  fetching: 'Being fetched',
  ready: 'Read',
  failed: 'Not available',
} as const

/** How the server sees the repository, with a button that reads it now. */
export function RepositoryPanel({ project }: { project: Project }) {
  const queries = useQueryClient()
  const { data } = useQuery(
    trpc.repositories.get.queryOptions(
      { projectId: project.id },
      { refetchInterval: ({ state }) => (state.data?.state === 'fetching' ? FETCHING_MS : false) },
    ),
  )
  const refresh = useAction(
    trpc.repositories.refresh.mutationOptions({
      onSettled: () => queries.invalidateQueries(trpc.repositories.pathFilter()),
    }),
    'Repository fetched',
  )
  if (!data || data.state === 'missing') return null
  return (
    <Panel title="Repository">
      <div className="grid gap-3">
        <Facts>
          <Fact name="State">{refresh.isPending ? WORDS.fetching : WORDS[data.state]}</Fact>
          {data.fetchedAt !== null && (
            <Fact name="Fetched">
              <Ago at={data.fetchedAt} />
            </Fact>
          )}
          {data.size > 0 && <Fact name="Copy here">{bytes(data.size)}</Fact>}
        </Facts>
        {data.message !== null && <p className="text-sm break-words text-bad">{data.message}</p>}
        <div>
          <Button busy={refresh.isPending} onClick={() => refresh.mutate({ projectId: project.id })}>
            Fetch now
          </Button>
        </div>
      </div>
    </Panel>
  )
}
