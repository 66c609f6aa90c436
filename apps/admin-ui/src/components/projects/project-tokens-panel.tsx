import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type Project, type ProjectToken, trpc } from '../../lib/api.ts'
import { exact } from '../../lib/time.ts'
import { useSave } from '../../lib/use-save.ts'
import { useAction } from '../ui/action.ts'
import { Button } from '../ui/button.tsx'
import { Chip } from '../ui/chip.tsx'
import { Confirm } from '../ui/dialog.tsx'
import { Field, Select } from '../ui/field.tsx'
import { FormDialog, MadeDialog } from '../ui/form-dialog.tsx'
import { TrashIcon } from '../ui/icons.tsx'
import { Failed, Panel } from '../ui/page.tsx'
import { Takeaway } from '../ui/secret.tsx'
import { TextField } from '../ui/text-field.tsx'
import { Ago } from '../ui/time.tsx'

const PAGE = 25

/** The tokens of a project. */
export function ProjectTokensPanel({ project }: { project: Project }) {
  const [isCreating, setCreating] = useState(false)
  const tokens = useInfiniteQuery(
    trpc.projectTokens.list.infiniteQueryOptions(
      { projectId: project.id, limit: PAGE },
      { getNextPageParam: ({ nextCursor }) => nextCursor },
    ),
  )
  const rows = tokens.data?.pages.flatMap(({ items }) => items)
  if (tokens.isError && !rows) return <Failed error={tokens.error} onRetry={() => void tokens.refetch()} />
  return (
    <Panel
      title="Project tokens"
      flush
      actions={
        <Button kind="quiet" onClick={() => setCreating(true)}>
          New token
        </Button>
      }
    >
      {!rows ? (
        <div className="h-16" aria-busy="true" />
      ) : rows.length === 0 ? (
        <p className="px-4 py-3 text-xs text-soft">
          A token is the password of <code className="font-mono">git</code> over HTTP, for this project alone.
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {rows.map((token) => (
            <TokenRow key={token.id} token={token} />
          ))}
        </ul>
      )}
      {tokens.hasNextPage && (
        <div className="border-t border-line px-2 py-1 text-center">
          <Button kind="quiet" busy={tokens.isFetchingNextPage} onClick={() => void tokens.fetchNextPage()}>
            Show older tokens
          </Button>
        </div>
      )}
      {isCreating && <NewProjectToken project={project} onClose={() => setCreating(false)} />}
    </Panel>
  )
}

function TokenRow({ token }: { token: ProjectToken }) {
  const { id, name, access, tokenPrefix, expiresAt, lastUsedAt } = token
  const queries = useQueryClient()
  const [isAsked, setAsked] = useState(false)
  const revoke = useAction(trpc.projectTokens.revoke.mutationOptions(), `${name} revoked`, () => {
    setAsked(false)
    void queries.invalidateQueries(trpc.projectTokens.pathFilter())
  })
  const isOver = expiresAt !== null && Date.parse(expiresAt) <= Date.now()
  return (
    <li aria-label={name} className="flex items-start justify-between gap-2 py-2.5 pr-2 pl-4 text-sm">
      <div className="min-w-0">
        <div className="flex items-center gap-2">
          <span className="min-w-0 truncate font-medium" title={name}>
            {name}
          </span>
          <Chip>{access}</Chip>
          {isOver && <Chip tone="warn">expired</Chip>}
        </div>
        <p className="mt-1 text-xs text-soft">
          <code className="font-mono">{tokenPrefix}…</code>
        </p>
        <p className="text-xs text-soft">
          Used <Ago at={lastUsedAt} never="never" />
          {expiresAt !== null && !isOver && <span title={exact(expiresAt)}>, expires {exact(expiresAt)}</span>}
        </p>
      </div>
      <Button kind="quiet" iconOnly aria-label={`Revoke: ${name}`} title="Revoke" onClick={() => setAsked(true)}>
        <TrashIcon />
      </Button>
      {isAsked && (
        <Confirm
          title={`Revoke ${name}?`}
          action="Revoke the token"
          busy={revoke.isPending}
          onConfirm={() => revoke.mutate({ id })}
          onClose={() => setAsked(false)}
        >
          <p>Whatever uses it as a password is refused from then on.</p>
        </Confirm>
      )}
    </li>
  )
}

const FIELDS = ['name', 'access', 'expiresAt']
const DAY_MS = 86_400_000
const LIFETIMES = [
  [0, 'Never'],
  [30, 'In 30 days'],
  [90, 'In 90 days'],
  [365, 'In a year'],
] as const

/** Creates a token, then shows it once. */
function NewProjectToken({ project, onClose }: { project: Project; onClose: () => void }) {
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [access, setAccess] = useState<ProjectToken['access']>('read')
  const [days, setDays] = useState(0)
  const { complaints, save, isSaving, saved } = useSave(
    trpc.projectTokens.create.mutationOptions(),
    FIELDS,
    () => void queries.invalidateQueries(trpc.projectTokens.pathFilter()),
  )
  if (saved) {
    return (
      <MadeDialog title="Token created" onClose={onClose}>
        <p className="mb-2 rounded-md bg-warn-wash px-3 py-2 text-sm text-warn">
          Copy the token now: it is shown only once and is not stored in readable form.
        </p>
        <Takeaway text={saved.token} label="Copy the token" />
      </MadeDialog>
    )
  }
  return (
    <FormDialog
      title="New project token"
      submit="Create token"
      complaints={complaints}
      busy={isSaving}
      onClose={onClose}
      onSubmit={() =>
        save({
          projectId: project.id,
          name: name.trim(),
          access,
          expiresAt: days === 0 ? null : new Date(Date.now() + days * DAY_MS).toISOString(),
        })
      }
    >
      <TextField label="Name" name="name" hint="Who or what will use it." value={name} onChange={setName} />
      <Field label="Access" name="access">
        {(described) => (
          <Select
            {...described}
            value={access}
            onChange={({ target }) => setAccess(target.value === 'write' ? 'write' : 'read')}
          >
            <option value="read">Read: clone and fetch</option>
            <option value="write">Write: push as well</option>
          </Select>
        )}
      </Field>
      <Field label="Expires" name="expiresAt">
        {(described) => (
          <Select {...described} value={days} onChange={({ target }) => setDays(Number(target.value))}>
            {LIFETIMES.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </FormDialog>
  )
}
