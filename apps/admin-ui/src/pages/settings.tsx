import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { RegistrationToken } from '../components/runners/registration-token.tsx'
import { DefaultQuota } from '../components/settings/default-quota.tsx'
import { SettingsHeader } from '../components/settings/settings-header.tsx'
import { useAction } from '../components/ui/action.ts'
import { Button } from '../components/ui/button.tsx'
import { Confirm } from '../components/ui/dialog.tsx'
import { DurationInput } from '../components/ui/duration-input.tsx'
import { Field, Toggle } from '../components/ui/field.tsx'
import { Fact, Facts, Failed, Panel } from '../components/ui/page.tsx'
import { type Limits, type Settings, trpc } from '../lib/api.ts'
import { gatewayPath } from '../lib/base.ts'
import { bytes } from '../lib/bytes.ts'
import { daysInWords } from '../lib/days.ts'
import { given } from '../lib/search.ts'
import { useKeptPage } from '../lib/session.ts'
import { secondsInWords } from '../lib/time.ts'

const SWITCHES = [
  [
    'maintenance',
    'Maintenance',
    'Runners are asked to retry in a minute: no jobs are handed out, and no reports are accepted.',
  ],
  [
    'projectRegistration',
    'Register with project tokens',
    'The legacy way to register runners. Runners created here always work.',
  ],
  ['groupRegistration', 'Register with group tokens', undefined],
  ['fairScheduling', 'Fair scheduling', 'Instance runners serve projects in turn. When off: first in, first out.'],
  ['supplyGitlabCi', 'Supply GITLAB_CI', 'Scripts that check it believe they run in GitLab.'],
] as const

export function SettingsPage() {
  const settings = useQuery(trpc.settings.get.queryOptions())
  const limits = useQuery(trpc.settings.limits.queryOptions())
  return (
    <>
      <SettingsHeader title="Settings" />
      {settings.isError && !settings.data ? (
        <Failed error={settings.error} onRetry={() => void settings.refetch()} />
      ) : (
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <Panel title="Behaviour">
            {settings.data ? <Behaviour settings={settings.data} /> : <div className="h-80" />}
          </Panel>
          <div className="grid gap-4">
            <Panel title="Instance registration token">
              {settings.data ? (
                <InstanceToken settings={settings.data} limits={limits.data} />
              ) : (
                <div className="h-16" />
              )}
            </Panel>
            <Groups />
            <Panel title="Sessions">
              <Sessions />
            </Panel>
            <Panel title="Limits in force">
              {limits.data ? <LimitFacts limits={limits.data} /> : <div className="h-48" />}
            </Panel>
          </div>
        </div>
      )}
    </>
  )
}

function Behaviour({ settings }: { settings: Settings }) {
  const queries = useQueryClient()
  const update = useAction(trpc.settings.update.mutationOptions(), 'Setting saved', (changed) => {
    queries.setQueryData(trpc.settings.get.queryKey(), changed)
    void queries.invalidateQueries(trpc.overview.pathFilter())
  })
  const [archiveAfter, setArchiveAfter] = useState(settings.archiveAfter)
  useKeptPage(archiveAfter !== settings.archiveAfter)
  const [begins, setBegins] = useState(false)
  // Shows a switch as pressed at once; a refusal switches it back.
  const shown = { ...settings, ...(update.isPending && given(update.variables)) }
  return (
    <div className="grid gap-4">
      {SWITCHES.map(([name, label, hint]) => (
        <Toggle
          key={name}
          label={label}
          hint={hint}
          checked={shown[name]}
          onChange={(checked) =>
            name === 'maintenance' && checked ? setBegins(true) : update.mutate({ [name]: checked })
          }
        />
      ))}
      {begins && (
        <Confirm
          title="Begin maintenance?"
          action="Begin"
          keep="Not now"
          busy={update.isPending}
          onConfirm={() => update.mutate({ maintenance: true }, { onSuccess: () => setBegins(false) })}
          onClose={() => setBegins(false)}
        >
          <p>
            Until maintenance ends, no jobs are handed out, and runners hold back their reports. Running jobs continue,
            but fail when they stay silent for too long.
          </p>
        </Confirm>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          update.mutate({ archiveAfter })
        }}
      >
        <Field
          label="Archive jobs after"
          name="archiveAfter"
          hint="Archived jobs can no longer be run or retried. Leave empty for never."
        >
          {(described) => (
            <div className="flex gap-2">
              <div className="min-w-0 flex-1">
                <DurationInput
                  {...described}
                  usualUnit={86_400}
                  placeholder="never"
                  seconds={archiveAfter}
                  onChange={setArchiveAfter}
                />
              </div>
              <Button
                submit
                aria-label="Save the archive setting"
                disabled={archiveAfter === settings.archiveAfter}
                busy={update.isPending}
              >
                Save
              </Button>
            </div>
          )}
        </Field>
      </form>
      <DefaultQuota settings={settings} />
    </div>
  )
}

function InstanceToken({ settings, limits }: { settings: Settings; limits: Limits | undefined }) {
  const queries = useQueryClient()
  const rotate = useAction(trpc.settings.rotateRegistrationToken.mutationOptions(), 'Token rotated', () =>
    queries.invalidateQueries(trpc.settings.pathFilter()),
  )
  return (
    <div className="grid gap-2">
      <RegistrationToken
        token={settings.registrationToken}
        of="the instance"
        busy={rotate.isPending}
        onRotate={(after) => rotate.mutate(undefined, { onSuccess: after })}
      />
      <p className="text-xs text-soft">
        {limits?.registrationEnabled === false
          ? 'Registration tokens are switched off by REGISTRATION_ENABLED.'
          : 'Runners registered with it serve every project.'}
      </p>
    </div>
  )
}

function Sessions() {
  const [asked, setAsked] = useState(false)
  const end = useAction(trpc.settings.endSessions.mutationOptions(), null, () =>
    window.location.assign(gatewayPath('/sign-in')),
  )
  return (
    <div className="grid gap-3">
      <p className="text-sm text-soft">
        A session lasts 14 days. Changing <code className="font-mono text-xs text-ink">ADMIN_TOKEN</code> also ends all
        sessions.
      </p>
      <div>
        <Button kind="danger" onClick={() => setAsked(true)}>
          End all sessions
        </Button>
      </div>
      {asked && (
        <Confirm
          title="End all sessions?"
          action="End all sessions"
          keep="Keep them"
          busy={end.isPending}
          onConfirm={() => end.mutate()}
          onClose={() => setAsked(false)}
        >
          <p>
            Every browser has to sign in again, this one too, and sign-in links that were not used yet stop working.
            Tokens of scripts and runners are not affected.
          </p>
        </Confirm>
      )}
    </div>
  )
}

function Groups() {
  const queries = useQueryClient()
  const { data: groups } = useQuery(trpc.groups.list.queryOptions())
  const rotate = useAction(trpc.groups.rotateRegistrationToken.mutationOptions(), 'Token rotated', () =>
    queries.invalidateQueries(trpc.groups.pathFilter()),
  )
  if (!groups || groups.length === 0) return null
  return (
    <Panel title="Group registration tokens">
      <ul className="grid max-h-96 gap-3 overflow-y-auto">
        {groups.map(({ id, path, registrationToken }) => (
          <li key={id}>
            <p className="mb-1 text-sm font-medium">{path}</p>
            <RegistrationToken
              token={registrationToken}
              of={`the group ${path}`}
              busy={rotate.isPending}
              onRotate={(after) => rotate.mutate({ id }, { onSuccess: after })}
            />
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function artifactLimit({ artifactsEnabled, maxArtifactBytes }: Limits): string {
  if (!artifactsEnabled) return 'switched off'
  return maxArtifactBytes === 0 ? 'none accepted' : `at most ${bytes(maxArtifactBytes)}`
}

function LimitFacts({ limits }: { limits: Limits }) {
  return (
    <>
      <Facts>
        <Fact name="Address">
          <code className="font-mono text-xs break-all">{limits.externalUrl}</code>
        </Fact>
        <Fact name="Version">{limits.version}</Fact>
        <Fact name="Log">{limits.maxTraceMib === 0 ? 'unlimited' : `at most ${limits.maxTraceMib} MiB`}</Fact>
        <Fact name="Artifact">{artifactLimit(limits)}</Fact>
        {limits.artifactsEnabled && (
          <Fact name="Artifacts kept">
            {limits.artifactExpireSeconds === null ? 'for ever' : `for ${secondsInWords(limits.artifactExpireSeconds)}`}
            <span className="text-soft">, unless the job says</span>
          </Fact>
        )}
        <Fact name="Pipelines kept">
          {limits.jobRetentionDays === null ? 'for ever' : `for ${daysInWords(limits.jobRetentionDays)}`}
          <span className="text-soft">, unless the project says less</span>
        </Fact>
        <Fact name="Logs kept">
          {limits.logRetentionDays === null ? 'as long as their jobs' : `for ${daysInWords(limits.logRetentionDays)}`}
          <span className="text-soft">, unless the project says less</span>
        </Fact>
        <Fact name="Long polling">
          {limits.longPollMs === 0 ? 'off' : `up to ${secondsInWords(limits.longPollMs / 1000)}`}
        </Fact>
        <Fact name="Job requests">
          {limits.jobRequestsPerMinute === 0 ? 'unlimited' : `${limits.jobRequestsPerMinute} per minute and runner`}
        </Fact>
        <Fact name="Jobs of a pipeline">at most {limits.maxJobsPerPipeline}</Fact>
        <Fact name="Runner tokens">
          {limits.runnerTokenLifetimeSeconds === null
            ? 'never expire'
            : `expire after ${secondsInWords(limits.runnerTokenLifetimeSeconds)}`}
        </Fact>
        <Fact name="Registration">{limits.registrationEnabled ? 'by token' : 'switched off'}</Fact>
      </Facts>
      <p className="mt-3 text-xs text-soft">Set by environment variables at startup; see .env.example.</p>
    </>
  )
}
