import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { ConfigEditor, type ConfigEditorHandle } from '../components/configuration/config-editor.tsx'
import {
  type EditedFile,
  type EnteredInputs,
  editedFile,
  filesOf,
  pathFault,
  pathOf,
} from '../components/configuration/edited-configuration.ts'
import { Editor } from '../components/configuration/editor.tsx'
import { InputsForm } from '../components/configuration/inputs-form.tsx'
import { OpenFile } from '../components/configuration/open-file.tsx'
import { Choices, type Chosen } from '../components/lint/choices.tsx'
import { Faults, type Places } from '../components/lint/faults.tsx'
import { RunPipeline } from '../components/lint/run-pipeline.tsx'
import { type LintChoices, type Linted, useLint } from '../components/lint/use-lint.ts'
import { Verdicts } from '../components/lint/verdicts.tsx'
import { Failed, PageHeader, Panel } from '../components/ui/page.tsx'
import type { EditedVariable } from '../components/ui/variables-input.tsx'
import { keepDraft, keptDraft, type LintSource } from '../lib/lint.ts'
import { type Changes, given } from '../lib/search.ts'

const route = getRouteApi('/shell/lint')
/** A change of the draft is kept after this pause. */
const KEEP_AFTER_MS = 300

export function LintPage() {
  const { tab, ...chosen } = route.useSearch()
  const navigate = useNavigate({ from: '/lint' })
  const [draft, setDraft] = useState<Edited>(keptEdited)
  const [variables, setVariables] = useState<readonly EditedVariable[]>([])
  const editor = useRef<ConfigEditorHandle>(null)
  useEffect(() => {
    const timer = window.setTimeout(() => keepDraft(asDraft(draft)), KEEP_AFTER_MS)
    return () => window.clearTimeout(timer)
  }, [draft])

  const { project, ref, tag, source, target } = chosen
  const choices = useMemo(
    () => choicesOf({ project, ref, tag, source, target }, draft.changed, variables),
    [project, ref, tag, source, target, draft.changed, variables],
  )
  const { text, files, inputs } = draft
  const texts = useMemo(() => ({ text, files: filesOf(files), inputs }), [text, files, inputs])
  const linted = useLint(texts, choices)
  const choose = (changes: Changes<typeof chosen>) =>
    void navigate({ search: (before) => given({ ...before, ...changes }), replace: true })
  const change = (changed: Partial<Edited>) => setDraft((before) => ({ ...before, ...changed }))
  const places: Places = {
    has: (file) => file === null || files.some((one) => pathOf(one) === file),
    goTo: (...place) => editor.current?.goTo(...place),
  }

  return (
    <>
      <PageHeader title="Lint" beside={<Outcome linted={linted} isEmpty={text.trim() === ''} />}>
        <OpenFile onFiles={(opened) => editor.current?.open(opened)} />
        <RunPipeline linted={linted} disabled={files.some((file) => pathFault(file, files) !== null)} />
      </PageHeader>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="lg:sticky lg:top-16">
          <ConfigEditor
            ref={editor}
            text={text}
            onText={(changed) => change({ text: changed })}
            files={files}
            onFiles={(changed) => setDraft((before) => ({ ...before, files: changed(before.files) }))}
            faults={linted.faultsByFile}
            className="h-[55vh] lg:h-[calc(100vh-13rem)]"
          />
        </div>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          {((linted.inputs?.length ?? 0) > 0 || Object.keys(inputs).length > 0) && linted.inputs && (
            <Panel title="Inputs">
              <InputsForm shown={linted.inputs} inputs={inputs} onChange={(changed) => change({ inputs: changed })} />
            </Panel>
          )}
          <details className="rounded-lg border border-line bg-panel" open={isWide()}>
            <summary className="px-4 py-2.5 text-sm font-semibold">The pipeline would be for</summary>
            <div className="border-t border-line p-4">
              <Choices
                chosen={{ project, ref, tag, source, target }}
                onChoose={(changes) => choose(changes as Changes<typeof chosen>)}
                changed={draft.changed}
                onChanged={(changed) => change({ changed })}
                variables={variables}
                onVariables={setVariables}
              />
            </div>
          </details>
          {linted.faults.length > 0 && <Faults faults={linted.faults} places={places} />}
          <Result linted={linted} tab={tab} places={places} />
        </div>
      </div>
    </>
  )
}

/** What is written on the page. */
interface Edited {
  readonly text: string
  readonly changed: string | null
  readonly files: readonly EditedFile[]
  readonly inputs: EnteredInputs
}

function keptEdited(): Edited {
  const { files, ...draft } = keptDraft()
  return { ...draft, files: files.map(({ path, text }) => editedFile(path, text)) }
}

const asDraft = ({ files, ...draft }: Edited) => ({ ...draft, files: files.map(({ path, text }) => ({ path, text })) })

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
  places,
}: {
  linted: Linted
  tab: 'merged' | undefined
  places: Places
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
        <Verdicts lint={lint} places={places} />
      )}
    </div>
  )
}
