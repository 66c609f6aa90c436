import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Chip } from '../components/ui/chip.tsx'
import { Failed, PageHeader, Panel } from '../components/ui/page.tsx'
import { Deliveries } from '../components/webhooks/deliveries.tsx'
import { WebhookActions } from '../components/webhooks/webhook-actions.tsx'
import { EditWebhook } from '../components/webhooks/webhook-form.tsx'
import { HowToVerify } from '../components/webhooks/webhook-secret.tsx'
import { trpc } from '../lib/api.ts'
import { codeOf } from '../lib/refusal.ts'
import { NotFoundPage } from './not-found.tsx'

const route = getRouteApi('/shell/webhooks/$webhookId')

export function WebhookPage() {
  const { webhookId } = route.useParams()
  const webhook = useQuery(trpc.webhooks.get.queryOptions({ id: webhookId }))
  const { data } = webhook
  if (['NOT_FOUND', 'BAD_REQUEST'].includes(codeOf(webhook.error) ?? '')) return <NotFoundPage what="webhook" />
  if (webhook.isError && !data) return <Failed error={webhook.error} onRetry={() => void webhook.refetch()} />
  return (
    <>
      <PageHeader
        above={
          <Link to="/webhooks" className="hover:underline">
            Webhooks
          </Link>
        }
        title={<span className="break-all">{data ? placeOf(data.url) : `Webhook ${webhookId}`}</span>}
        tab={data ? placeOf(data.url) : `Webhook ${webhookId}`}
        beside={
          <>
            <span className="text-soft">#{webhookId}</span>
            {data?.enabled === false && <Chip tone="warn">Off</Chip>}
          </>
        }
      >
        {data && <WebhookActions webhook={data} />}
      </PageHeader>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
        <Deliveries webhookId={webhookId} />
        <div className="grid min-w-0 gap-4">
          <Panel title="Webhook">
            {data ? <EditWebhook key={data.id} webhook={data} /> : <div className="h-96" />}
          </Panel>
          <Panel title="Signature">
            <HowToVerify />
          </Panel>
        </div>
      </div>
    </>
  )
}

/** Returns an address without its scheme and credentials. */
function placeOf(address: string): string {
  // The stored address is damaged and has to be set again.
  if (!URL.canParse(address)) return 'an unreadable address'
  const { host, pathname, search } = new URL(address)
  return `${host}${pathname === '/' ? '' : pathname}${search}`
}
