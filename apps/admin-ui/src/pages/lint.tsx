import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { Choices, type Chosen } from '../components/lint/choices.tsx'
import { Editor, type EditorHandle } from '../components/lint/editor.tsx'
import { Faults } from '../components/lint/faults.tsx'
import { DropArea, OpenFile } from '../components/lint/open-file.tsx'
import { RunPipeline } from '../components/lint/run-pipeline.tsx'
import { type LintChoices, type Linted, useLint } from '../components/lint/use-lint.ts'
import { Verdicts } from '../components/lint/verdicts.tsx'
import { Failed, PageHeader } from '../components/ui/page.tsx'
import type { EditedVariable } from '../components/ui/variables-input.tsx'
import { type Draft, keepDraft, keptDraft, type LintSource } from '../lib/lint.ts'
import { type Changes, given } from '../lib/search.ts'

const route = getRouteApi('/shell/lint')
/** A change of the draft is kept after this pause. */
const KEEP_AFTER_MS = 300

export function LintPage() {
  const { tab, ...chosen } = route.useSearch()
  const navigate = useNavigate({ from: '/lint' })
  const [draft, setDraft] = useState<Draft>(keptDraft)
  const [variables, setVariables] = useState<readonly EditedVariable[]>([])
  const editor = useRef<EditorHandle>(null)
  useEffect(() => {
    const timer = window.setTimeout(() => keepDraft(draft), KEEP_AFTER_MS)
    return () => window.clearTimeout(timer)
  }, [draft])

  const { project, ref, tag, source, target } = chosen
  const choices = useMemo(
    () => choicesOf({ project, ref, tag, source, target }, draft.changed, variables),
    [project, ref, tag, source, target, draft.changed, variables],
  )
  const linted = useLint(draft.text, choices)
  const choose = (changes: Changes<typeof chosen>) =>
    void navigate({ search: (before) => given({ ...before, ...changes }), replace: true })
  const setText = (text: string) => setDraft((before) => ({ ...before, text }))
  const replace = (text: string) => editor.current?.replace(text)
  const go = (line: number, column: number) => editor.current?.goTo(line, column)

  return (
    <>
      <PageHeader title="Lint" beside={<Outcome linted={linted} isEmpty={draft.text.trim() === ''} />}>
        <OpenFile onText={replace} />
        <RunPipeline linted={linted} />
      </PageHeader>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="lg:sticky lg:top-16">
          <DropArea onText={replace}>
            <Editor
              ref={editor}
              label="Configuration"
              text={draft.text}
              marks={linted.marks}
              onText={setText}
              className="h-[55vh] lg:h-[calc(100vh-10rem)]"
            />
          </DropArea>
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          <details className="rounded-lg border border-line bg-panel" open={isWide()}>
            <summary className="px-4 py-2.5 text-sm font-semibold">The pipeline would be for</summary>
            <div className="border-t border-line p-4">
              <Choices
                chosen={{ project, ref, tag, source, target }}
                onChoose={(changes) => choose(changes as Changes<typeof chosen>)}
                changed={draft.changed}
                onChanged={(changed) => setDraft((before) => ({ ...before, changed }))}
                variables={variables}
                onVariables={setVariables}
              />
            </div>
          </details>
          {linted.faults.length > 0 && <Faults faults={linted.faults} onGo={go} />}
          <Result linted={linted} tab={tab} onGo={go} />
        </div>
      </div>
    </>
  )
}

/** On a phone the choices come between the text and what became of it, so they are closed there at first. */
const isWide = (): boolean => window.matchMedia('(min-width: 64rem)').matches

function choicesOf(
  chosen: Chosen & { readonly source: LintSource | undefined },
  changed: string | null,
  variables: readonly EditedVariable[],
): LintChoices {
  const { project, ref, tag, source = 'push', target } = chosen
  const isMerge = source === 'merge_request_event'
  const named = variables.filter(({ key }) => key.trim() !== '')
  return {
    source,
    ...(project !== undefined && { projectId: project }),
    ...(ref?.trim() && { ref: ref.trim() }),
    ...(tag && !isMerge && { tag }),
    ...(isMerge && {
      // Its number is unknown, and no rule should ask for it.
      mergeRequest: { iid: 1, sourceBranch: ref?.trim() || 'feature', targetBranch: target?.trim() || 'main' },
    }),
    ...(changed !== null && { changedPaths: changed.split('\n').flatMap((path) => path.trim() || []) }),
    ...(named.length > 0 && { variables: named.map(({ key, value }) => ({ key: key.trim(), value: value ?? '' })) }),
  }
}

/** The result in a few words, also for screen readers. */
function Outcome({ linted: { lint, faults, isCurrent }, isEmpty }: { linted: Linted; isEmpty: boolean }) {
  const errors = faults.filter(({ severity }) => severity === 'error').length
  const included = lint?.jobs.filter((job) => job.included).length ?? 0
  return (
    <p role="status" className="text-sm">
      {isEmpty ? (
        <span className="text-soft">The text is empty</span>
      ) : errors > 0 ? (
        <span className="font-medium text-bad">{errors === 1 ? '1 error' : `${errors} errors`}</span>
      ) : !isCurrent || !lint ? (
        <span className="text-soft">Checking…</span>
      ) : (
        <span className="font-medium text-good">
          Valid: {included} of {lint.jobs.length === 1 ? '1 job' : `${lint.jobs.length} jobs`}
        </span>
      )}
    </p>
  )
}

const TABS = [
  { tab: undefined, label: 'Jobs' },
  { tab: 'merged', label: 'Merged' },
] as const

function Result({
  linted: { lint, isCurrent, error, retry },
  tab,
  onGo,
}: {
  linted: Linted
  tab: 'merged' | undefined
  onGo: (line: number, column: number) => void
}) {
  if (error && !lint) return <Failed error={error} onRetry={retry} />
  if (!lint) return null
  return (
    <div aria-busy={!isCurrent || undefined}>
      <nav aria-label="Result" className="mb-3 flex gap-1 border-b border-line">
        {TABS.map((each) => (
          <Link
            key={each.label}
            from="/lint"
            search={(before) => given({ ...before, tab: each.tab })}
            replace
            activeOptions={{ exact: true, includeSearch: true }}
            className="-mb-px flex h-9 items-center border-b-2 border-transparent px-3 text-sm font-medium text-soft hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink"
          >
            {each.label}
          </Link>
        ))}
      </nav>
      {lint.merged === null ? (
        <p className="text-sm text-soft">The configuration does not compile, so it has no jobs yet.</p>
      ) : tab === 'merged' ? (
        <div className="overflow-hidden rounded-lg border border-line focus-within:outline-2 focus-within:outline-accent">
          <Editor label="Merged configuration" text={lint.merged} className="h-[60vh]" />
        </div>
      ) : (
        <Verdicts lint={lint} onGo={onGo} />
      )}
    </div>
  )
}
