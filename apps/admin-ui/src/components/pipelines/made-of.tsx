import { useQuery } from '@tanstack/react-query'
import { trpc } from '../../lib/api.ts'
import { bytes } from '../../lib/bytes.ts'
import { LockIcon } from '../ui/icons.tsx'
import { Failed, Panel } from '../ui/page.tsx'
import { CopyButton } from '../ui/secret.tsx'

/** Characters. A browser lays out more in seconds, and a merged configuration may have millions. */
const MOST_SHOWN = 300_000

/** What a pipeline was made of: its variables and its configuration. Neither ever changes. */
export function MadeOf({ pipelineId }: { pipelineId: number }) {
  const details = useQuery(trpc.pipelines.get.queryOptions({ id: pipelineId }, { staleTime: Number.POSITIVE_INFINITY }))
  if (details.isError && !details.data) return <Failed error={details.error} onRetry={() => void details.refetch()} />
  if (!details.data) return <div aria-busy="true" className="h-40 rounded-lg border border-line bg-panel" />
  const { variables, configuration } = details.data
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_21rem]">
      {configuration === null ? (
        <Panel title="Configuration">
          <p className="text-sm text-soft">Its jobs were created one by one, without a configuration.</p>
        </Panel>
      ) : (
        <Panel title="Configuration" actions={<CopyButton text={configuration} label="Copy the configuration" />} flush>
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: it is scrolled by keyboard
            tabIndex={0}
            className="max-h-[32rem] overflow-auto bg-log-ground px-4 py-3 font-mono text-xs leading-5 focus-visible:-outline-offset-2"
          >
            {configuration.slice(0, MOST_SHOWN)}
          </pre>
          {configuration.length > MOST_SHOWN && (
            <p className="border-t border-line px-4 py-2 text-sm text-soft">
              This is the first part of {bytes(configuration.length)}. The button above copies all of it.
            </p>
          )}
        </Panel>
      )}
      <Panel title={variables && variables.length > 0 ? `Variables (${variables.length})` : 'Variables'} flush>
        {variables === null || variables.length === 0 ? (
          <p className="px-4 py-3 text-sm text-soft">
            {variables === null ? 'They cannot be read.' : 'It was given no variables.'}
          </p>
        ) : (
          <ul>
            {variables.map(({ key, value }) => (
              <li key={key} className="border-b border-line px-4 py-1.5 last:border-0">
                <code className="block truncate font-mono text-xs font-semibold">{key}</code>
                {value === null ? (
                  <span className="inline-flex items-center gap-1 text-xs text-soft">
                    <LockIcon className="size-3.5" /> hidden
                  </span>
                ) : (
                  <code className="font-mono text-xs break-all whitespace-pre-wrap text-soft">{value}</code>
                )}
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </div>
  )
}
