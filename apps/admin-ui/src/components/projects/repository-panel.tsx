import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type Project, trpc } from '../../lib/api.ts'
import { gatewayPath } from '../../lib/base.ts'
import { bytes } from '../../lib/bytes.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Fact, Facts, Panel } from '../ui/page.tsx'
import { Takeaway } from '../ui/secret.tsx'
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
  if (!data) return null
  const address = `${window.location.origin}${gatewayPath(`/${project.path}.git`)}`
  if (data.state === 'missing') return <Empty address={address} branch={project.defaultBranch} />
  return (
    <Panel title="Repository">
      <div className="grid gap-3">
        <Takeaway text={address} label="Copy the address to clone from" />
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

/** How the first push is made. */
function Empty({ address, branch }: { address: string; branch: string }) {
  return (
    <Panel title="Repository">
      <div className="grid gap-3 text-sm">
        <p>Nothing was pushed yet. Push a repository with a .gitlab-ci.yml, and its pipeline starts:</p>
        <Takeaway text={`git push ${address} HEAD:${branch}`} label="Copy the command" />
        <p className="text-xs text-soft">
          Any user name will do. The password is a project token to write. A project whose code is kept elsewhere needs
          the address of its repository instead.
        </p>
      </div>
    </Panel>
  )
}
