import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { trpc } from '../../lib/api.ts'
import { exact } from '../../lib/time.ts'
import { Field, Select } from '../ui/field.tsx'
import { Takeaway } from '../ui/secret.tsx'

/** The options that each executor requires (`gitlab-runner register --help`). */
const EXECUTORS: readonly (readonly [name: string, options: string])[] = [
  ['shell', ''],
  ['docker', '--docker-image alpine:latest'],
  ['kubernetes', ''],
  ['ssh', '--ssh-host HOST --ssh-user USER --ssh-identity-file PATH'],
  ['custom', '--custom-run-exec PATH'],
]

/** The complete command for the machine that will run jobs. */
export function RegisterLine({ token, legacy = false }: { token: string; legacy?: boolean }) {
  const { data: limits } = useQuery(
    trpc.settings.limits.queryOptions(undefined, { staleTime: Number.POSITIVE_INFINITY }),
  )
  const [executor, setExecutor] = useState('shell')
  const options = EXECUTORS.find(([name]) => name === executor)?.[1] ?? ''
  const line = (shown: string) =>
    [
      `gitlab-runner register --non-interactive --url ${limits?.externalUrl ?? '…'}`,
      `  ${legacy ? '--registration-token' : '--token'} ${shown}`,
      `  --executor ${executor}${options && ` ${options}`}`,
    ].join(' \\\n')
  return (
    <div className="grid gap-3 text-left">
      <div className="max-w-48">
        <Field label="Executor" name="executor">
          {(described) => (
            <Select {...described} value={executor} onChange={({ target }) => setExecutor(target.value)}>
              {EXECUTORS.map(([name]) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </div>
      <Takeaway
        text={line(token)}
        shown={line(legacy ? `${token.slice(0, 9)}${'•'.repeat(12)}` : token)}
        label="Copy the command"
      />
    </div>
  )
}

/** A token that is shown only once, with the command that uses it. */
export function NewToken({ token, expiresAt }: { token: string; expiresAt: string | null }) {
  return (
    <div className="grid gap-4">
      <div>
        <p className="mb-2 rounded-md bg-warn-wash px-3 py-2 text-sm text-warn">
          Copy the token now: it is shown only once and is not stored in readable form.
          {expiresAt && ` It expires ${exact(expiresAt)}.`}
        </p>
        <Takeaway text={token} label="Copy the token" />
      </div>
      <div>
        <h3 className="mb-1 text-sm font-semibold">On the machine that will run jobs</h3>
        <RegisterLine token={token} />
      </div>
    </div>
  )
}
