import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { SettingsHeader } from '../components/settings/settings-header.tsx'
import { Button } from '../components/ui/button.tsx'
import { Chip } from '../components/ui/chip.tsx'
import { ABOVE_ROW, type Column, DataTable, ROW_LINK } from '../components/ui/data-table.tsx'
import { PlusIcon } from '../components/ui/icons.tsx'
import { Empty, Failed } from '../components/ui/page.tsx'
import { Ago } from '../components/ui/time.tsx'
import { NewWebhook } from '../components/webhooks/webhook-form.tsx'
import { trpc, type Webhook } from '../lib/api.ts'
import { useProjectPaths } from '../lib/lists.ts'
import { given } from '../lib/search.ts'
import { JOB_STATUS_WORDS } from '../lib/words.ts'

const route = getRouteApi('/shell/webhooks')
const PAGE = 50

const WebhookLink = ({ webhook }: { webhook: Webhook }) => (
  <Link
    to="/webhooks/$webhookId"
    params={{ webhookId: webhook.id }}
    data-row=""
    className={`font-mono text-xs ${ROW_LINK}`}
  >
    {webhook.url}
  </Link>
)

function Of({ webhook }: { webhook: Webhook }) {
  const { projectId } = webhook
  const paths = useProjectPaths(projectId === null ? [] : [projectId])
  if (projectId === null) return 'all projects'
  return (
    <Link to="/projects/$projectId" params={{ projectId }} className={ABOVE_ROW}>
      {paths.get(projectId) ?? `Project ${projectId}`}
    </Link>
  )
}

const tellsOf = ({ events, statuses }: Webhook): string => {
  const what = events.map((event) => `${event}s`).join(' and ')
  const when = statuses.map((status) => JOB_STATUS_WORDS[status].toLowerCase())
  return `${what}: ${when.length === 0 ? 'every change' : when.join(', ')}`
}

const State = ({ webhook }: { webhook: Webhook }) =>
  webhook.enabled ? <span className="font-medium text-good">On</span> : <Chip tone="warn">Off</Chip>

const COLUMNS: readonly Column<Webhook>[] = [
  { header: 'State', width: 'w-20', cell: (webhook) => <State webhook={webhook} /> },
  { header: 'Address', cell: (webhook) => <WebhookLink webhook={webhook} /> },
  { header: 'Project', width: 'w-[18%]', cell: (webhook) => <Of webhook={webhook} /> },
  { header: 'Notified of', width: 'w-[26%]', cell: (webhook) => <span className="text-soft">{tellsOf(webhook)}</span> },
  {
    header: 'Created',
    width: 'w-28',
    align: 'right',
    cell: (webhook) => (
      <span className="text-soft">
        <Ago at={webhook.createdAt} />
      </span>
    ),
  },
]

export function WebhooksPage() {
  const { new: isNew } = route.useSearch()
  const navigate = useNavigate({ from: '/webhooks' })
  const webhooks = useInfiniteQuery(
    trpc.webhooks.list.infiniteQueryOptions(
      { limit: PAGE },
      { getNextPageParam: ({ nextCursor }) => nextCursor, refetchOnWindowFocus: true },
    ),
  )
  const rows = webhooks.data?.pages.flatMap(({ items }) => items)
  const openForm = (open: boolean) => void navigate({ search: given({ new: open ? true : undefined }), replace: !open })
  return (
    <>
      <SettingsHeader title="Webhooks">
        <Button kind="primary" data-new="" onClick={() => openForm(true)}>
          <PlusIcon /> New webhook
        </Button>
      </SettingsHeader>
      {webhooks.isError && !rows ? (
        <Failed error={webhooks.error} onRetry={() => void webhooks.refetch()} />
      ) : rows?.length === 0 ? (
        <Empty title="No webhooks yet">
          <p className="text-soft">
            A webhook is an address that Yardmaster posts to whenever the status of a job or a pipeline changes, such as
            a chat, a deployment or a status board.
          </p>
          <Button kind="primary" className="mt-2" onClick={() => openForm(true)}>
            <PlusIcon /> New webhook
          </Button>
        </Empty>
      ) : (
        <DataTable
          label="Webhooks, newest first"
          rows={rows}
          columns={COLUMNS}
          card={(webhook) => (
            <div className="grid gap-1 text-sm">
              <span className="flex items-center justify-between gap-3">
                <span className="truncate">
                  <WebhookLink webhook={webhook} />
                </span>
                <State webhook={webhook} />
              </span>
              <span className="truncate text-xs text-soft">
                <Of webhook={webhook} /> · {tellsOf(webhook)}
              </span>
            </div>
          )}
        />
      )}
      {webhooks.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={webhooks.isFetchingNextPage} onClick={() => void webhooks.fetchNextPage()}>
            Show older webhooks
          </Button>
        </div>
      )}
      {isNew && <NewWebhook onClose={() => openForm(false)} />}
    </>
  )
}
