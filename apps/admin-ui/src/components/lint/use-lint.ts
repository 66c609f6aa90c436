import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ShownInput } from '@yardmaster/ci-config'
import { useEffect, useMemo, useRef, useState } from 'react'
import { type Lint, trpc } from '../../lib/api.ts'
import type { ConfigTexts } from '../configuration/compile-worker.ts'
import { byFile, type FaultsByFile, type Found, foundIn } from '../configuration/found.ts'
import { useTextFindings } from '../configuration/use-text-findings.ts'
import { useTypedInputs } from '../configuration/use-typed-inputs.ts'

/** Pause in typing, in milliseconds, after which the server compiles the text. */
const ASK_AFTER_MS = 450
/** How long an answer is kept for the same text, in milliseconds; texts may be large. */
const KEEP_MS = 30_000

type LintInput = NonNullable<Parameters<typeof trpc.pipelines.lint.queryOptions>[0]>

/** Everything that `pipelines.lint` takes besides the texts. */
export type LintChoices = Omit<LintInput, 'content' | 'files' | 'inputs'>

export interface Linted {
  /** What the server was asked. */
  readonly asked: LintInput & { readonly content: string }
  /** The server's newest answer; undefined before the first one. */
  readonly lint: Lint | undefined
  /** Whether the answer is for the texts and choices on screen. */
  readonly isCurrent: boolean
  readonly error: unknown
  readonly retry: () => void
  /** Faults of the texts on screen, from the server if it has answered, else those that were found here. */
  readonly faults: readonly Found[]
  readonly faultsByFile: FaultsByFile
  /** The inputs that the configuration declares; null until it was read. */
  readonly inputs: readonly ShownInput[] | null
}

/**
 * Lints a configuration while it is written: at once in the browser, and after a pause on the server, which knows the
 * rest. Both find the same faults, the server also those that its variables lead to.
 */
export function useLint(texts: ConfigTexts, choices: LintChoices): Linted {
  const isEmpty = texts.text.trim() === ''
  const local = useTextFindings(texts)
  const inputs = useTypedInputs(texts.inputs, local?.inputs ?? null)
  const { text: content, files } = texts
  const wanted = useMemo(
    () => ({ ...choices, content, ...(files && { files }), ...(inputs && { inputs }) }),
    [choices, content, files, inputs],
  )
  const asked = useSettled(wanted, ASK_AFTER_MS)
  const answer = useQuery(
    trpc.pipelines.lint.queryOptions(asked, {
      trpc: { abortOnUnmount: true },
      enabled: asked.content.trim() !== '',
      placeholderData: keepPreviousData,
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: KEEP_MS,
    }),
  )
  // Compared as a whole: choices may have changed as well.
  const isSettled = asked === wanted && !answer.isPlaceholderData && answer.data !== undefined
  const known = isSettled ? answer.data : local?.of === texts ? local : null
  const before = useRef<readonly Found[]>([])
  const faults = useMemo(() => {
    if (isEmpty) return []
    // Until the new text is compiled, the faults of the one before stay: they would only flicker.
    return known ? foundIn(known) : before.current
  }, [known, isEmpty])
  before.current = faults
  return {
    asked,
    lint: isEmpty ? undefined : answer.data,
    isCurrent: isSettled,
    error: answer.isError ? answer.error : null,
    retry: () => void answer.refetch(),
    faults,
    faultsByFile: useMemo(() => byFile(faults), [faults]),
    inputs: isEmpty ? [] : (local?.inputs ?? null),
  }
}

/** Returns a value once it has not changed for so many milliseconds; the first one at once. */
function useSettled<Value>(value: Value, ms: number): Value {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), ms)
    return () => window.clearTimeout(timer)
  }, [value, ms])
  return settled
}
