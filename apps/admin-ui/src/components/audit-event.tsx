import { Link } from '@tanstack/react-router'
import type { AuditEvent } from '../lib/api.ts'
import {
  ACTOR_SENTENCES,
  givenFields,
  OUTCOME_SENTENCES,
  OUTCOME_WORDS,
  otherDetails,
  SUBJECT_WORDS,
} from '../lib/audit.ts'
import { exact } from '../lib/time.ts'
import { Chip } from './ui/chip.tsx'
import { Dialog } from './ui/dialog.tsx'
import { Fact, Facts } from './ui/page.tsx'

const OUTCOME_TONES = { done: 'plain', refused: 'warn', failed: 'bad', unknown: 'warn' } as const

export const OutcomeChip = ({ outcome }: Pick<AuditEvent, 'outcome'>) => (
  <Chip tone={OUTCOME_TONES[outcome]}>{OUTCOME_WORDS[outcome]}</Chip>
)

/** The subject of an event, as a link when there is a page for it. */
export function SubjectLink({
  kind,
  id,
  className = 'hover:underline',
}: {
  kind: AuditEvent['subjectKind']
  id: number | null
  className?: string
}) {
  if (kind === null) return <span className="text-soft">–</span>
  const words = id === null ? SUBJECT_WORDS[kind] : `${SUBJECT_WORDS[kind]} #${id}`
  if (kind === 'settings' || kind === 'group')
    return (
      <Link to="/settings" className={className}>
        {words}
      </Link>
    )
  if (id === null) return words
  if (kind === 'job')
    return (
      <Link to="/jobs/$jobId" params={{ jobId: id }} className={className}>
        {words}
      </Link>
    )
  if (kind === 'pipeline')
    return (
      <Link to="/pipelines/$pipelineId" params={{ pipelineId: id }} className={className}>
        {words}
      </Link>
    )
  if (kind === 'runner')
    return (
      <Link to="/runners/$runnerId" params={{ runnerId: id }} className={className}>
        {words}
      </Link>
    )
  if (kind === 'project')
    return (
      <Link to="/projects/$projectId" params={{ projectId: id }} className={className}>
        {words}
      </Link>
    )
  if (kind === 'webhook')
    return (
      <Link to="/webhooks/$webhookId" params={{ webhookId: id }} className={className}>
        {words}
      </Link>
    )
  return words
}

/** A link to the audit events of one subject. */
export const OnRecord = ({ kind, id }: { kind: NonNullable<AuditEvent['subjectKind']>; id: number }) => (
  <Link to="/audit" search={{ kind, id }} className="hover:underline">
    audit events
  </Link>
)

/** Shows one audit event in full. */
export function AuditEventDialog({ event, onClose }: { event: AuditEvent; onClose: () => void }) {
  const given = givenFields(event)
  const { actor } = event
  return (
    <Dialog title={event.action} onClose={onClose} wide>
      <Facts>
        <Fact name="When">{exact(event.at)}</Fact>
        <Fact name="Who">{ACTOR_SENTENCES[actor.kind]}</Fact>
        {actor.session && (
          <Fact name="Session">
            <code className="font-mono text-xs">{actor.session}</code>
          </Fact>
        )}
        <Fact name="From">{actor.address ?? 'unknown'}</Fact>
        <Fact name="Outcome">{OUTCOME_SENTENCES[event.outcome]}</Fact>
        <Fact name="Subject">
          <span className="flex flex-wrap gap-x-3">
            {event.subjectIds.length === 0 ? (
              <SubjectLink kind={event.subjectKind} id={null} />
            ) : (
              event.subjectIds.map((id) => <SubjectLink key={id} kind={event.subjectKind} id={id} />)
            )}
          </span>
        </Fact>
        {otherDetails(event).map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </Facts>
      <h3 className="mt-5 mb-2 text-sm font-semibold">Input</h3>
      {given.length === 0 ? (
        <p className="text-sm text-soft">Nothing besides the subject.</p>
      ) : (
        <Facts>
          {given.map(([name, value]) => (
            <Fact key={name} name={name}>
              {value === null ? (
                <span className="text-soft">changed; the value is not recorded</span>
              ) : (
                <code className="font-mono text-xs">{value}</code>
              )}
            </Fact>
          ))}
        </Facts>
      )}
    </Dialog>
  )
}
