import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Hooks, trpc } from '../../lib/api.ts'
import { postReceive } from '../../lib/post-receive.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Select } from '../ui/field.tsx'
import { Panel } from '../ui/page.tsx'
import { Takeaway } from '../ui/secret.tsx'
import { Ago } from '../ui/time.tsx'
import { HookDeliveries } from './hook-deliveries.tsx'

type Kind = Hooks['addresses'][number]['kind']

const KIND_WORDS: Readonly<Record<Kind, string>> = {
  gitea: 'Gitea',
  forgejo: 'Forgejo',
  github: 'GitHub',
  gitlab: 'GitLab',
  bitbucket: 'Bitbucket Server or Data Center',
  git: 'A repository without a forge',
}

/** Where the secret is to be put, and which events are to be chosen. */
const HOW_TO: Readonly<Record<Kind, string>> = {
  gitea: 'Content type JSON, the secret as Secret, the events Push, Pull request and Pull request synchronized.',
  forgejo: 'Content type JSON, the secret as Secret, the events Push, Pull request and Pull request synchronized.',
  github: 'Content type application/json, the secret as Secret, the events Pushes and Pull requests.',
  gitlab: 'The secret as Secret token or Signing token; Push events, Tag push events and Merge request events.',
  bitbucket: 'The secret as Secret; Repository: Push, Pull request: Opened and Source branch updated.',
  git: 'Save this as hooks/post-receive in the repository, and make it executable. It needs curl.',
}

/** How forges start pipelines of a project: the address for each, the secret, and what they sent. */
export function HooksPanel({ projectId }: { projectId: number }) {
  const { data } = useQuery(trpc.hooks.get.queryOptions({ projectId }))
  const [kind, setKind] = useState<Kind>('gitea')
  const [secret, setSecret] = useState<string | null>(null)
  const url = data?.addresses.find((address) => address.kind === kind)?.url ?? ''
  return (
    <Panel title="Incoming hooks" flush>
      <div className="grid gap-3 p-4">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
          <span>Pipelines are started by</span>
          <Select
            aria-label="Kind of forge"
            className="w-auto!"
            value={kind}
            onChange={({ target }) => {
              const chosen = data?.addresses.find((address) => address.kind === target.value)
              if (chosen) setKind(chosen.kind)
            }}
          >
            {data?.addresses.map((address) => (
              <option key={address.kind} value={address.kind}>
                {KIND_WORDS[address.kind]}
              </option>
            ))}
          </Select>
        </div>
        {kind === 'git' ? (
          <Takeaway text={postReceive(url, secret)} label="Copy the script" />
        ) : (
          <Takeaway text={url} label="Copy the address" />
        )}
        <p className="text-xs text-soft">{HOW_TO[kind]}</p>
        {data && <SecretOfHooks hooks={data} secret={secret} onMade={setSecret} />}
      </div>
      <HookDeliveries projectId={projectId} />
    </Panel>
  )
}

function SecretOfHooks({
  hooks: { projectId, secretMadeAt },
  secret,
  onMade,
}: {
  hooks: Hooks
  secret: string | null
  onMade: (secret: string) => void
}) {
  const queries = useQueryClient()
  const [asked, setAsked] = useState(false)
  const rotate = useAction(trpc.hooks.rotateSecret.mutationOptions(), null, (made) => {
    setAsked(false)
    onMade(made.secret)
    void queries.invalidateQueries(trpc.hooks.get.pathFilter())
  })
  const make = () => rotate.mutate({ projectId })
  return (
    <>
      {secret !== null && (
        <div>
          <p className="mb-2 rounded-md bg-warn-wash px-3 py-2 text-sm text-warn">
            Copy the secret now: it is shown only once.
          </p>
          <Takeaway text={secret} label="Copy the secret" />
        </div>
      )}
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="text-sm text-soft">
          {secretMadeAt === null ? (
            'There is no secret yet, so every hook is refused.'
          ) : (
            <>
              The secret was made <Ago at={secretMadeAt} />.
            </>
          )}
        </p>
        <Button
          kind={secretMadeAt === null ? 'primary' : 'plain'}
          busy={rotate.isPending}
          onClick={() => (secretMadeAt === null ? make() : setAsked(true))}
        >
          {secretMadeAt === null ? 'Make the secret' : 'Rotate the secret'}
        </Button>
      </div>
      {asked && (
        <Confirm
          title="Rotate the secret of incoming hooks?"
          action="Rotate"
          busy={rotate.isPending}
          onConfirm={make}
          onClose={() => setAsked(false)}
        >
          <p>Forges that still have the old secret are refused from then on.</p>
        </Confirm>
      )}
    </>
  )
}
