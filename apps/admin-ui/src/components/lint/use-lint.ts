import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { Fault } from '@yardmaster/ci-config'
import { useEffect, useMemo, useRef, useState } from 'react'
import { type Lint, trpc } from '../../lib/api.ts'
import type { TextFaults } from './compile-worker.ts'
import { TextCompiler } from './text-compiler.ts'
import type { Mark } from './yaml-editor.ts'

/** Pauses in typing, in milliseconds, after which the text is compiled here, and then by the server. */
const COMPILE_AFTER_MS = 120
const ASK_AFTER_MS = 450
/** How long an answer is kept for the same text, in milliseconds; texts may be large. */
const KEEP_MS = 30_000

/** Everything that `pipelines.lint` takes besides the text. */
export type LintChoices = Omit<NonNullable<Parameters<typeof trpc.pipelines.lint.queryOptions>[0]>, 'content'>

/** A fault with its kind. Both compilers find the same ones, the server also those that its variables lead to. */
export interface Found extends Fault {
  readonly severity: 'error' | 'warning'
}

export interface Linted {
  /** What the server was asked. */
  readonly asked: LintChoices & { readonly content: string }
  /** The server's newest answer; undefined before the first one. */
  readonly lint: Lint | undefined
  /** Whether the answer is for the text and choices on screen. */
  readonly isCurrent: boolean
  readonly error: unknown
  readonly retry: () => void
  /** Faults of the text on screen, from the server if it has answered, else those that were found here. */
  readonly faults: readonly Found[]
  readonly marks: readonly Mark[]
}

/** Lints a text while it is written: at once in the browser, and after a pause on the server, which knows the rest. */
export function useLint(text: string, choices: LintChoices): Linted {
  const local = useTextFaults(text)
  const wanted = useMemo(() => ({ ...choices, content: text }), [choices, text])
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
  const known = isSettled ? answer.data : local?.text === text ? local : null
  const before = useRef<readonly Found[]>([])
  const faults = useMemo(() => {
    if (text.trim() === '') return []
    // Until the new text is compiled, the faults of the one before stay: they would only flicker.
    return known ? foundIn(known) : before.current
  }, [known, text])
  before.current = faults
  const marks = useMemo(() => marksOf(faults), [faults])
  return {
    asked,
    lint: text.trim() === '' ? undefined : answer.data,
    isCurrent: isSettled,
    error: answer.isError ? answer.error : null,
    retry: () => void answer.refetch(),
    faults,
    marks,
  }
}

const foundIn = ({ errors, warnings }: Pick<Lint, 'errors' | 'warnings'>): readonly Found[] => [
  ...errors.map((fault) => ({ ...fault, severity: 'error' as const })),
  ...warnings.map((fault) => ({ ...fault, severity: 'warning' as const })),
]

const marksOf = (faults: readonly Found[]): readonly Mark[] =>
  faults.flatMap(({ file, line, column, message, hint, severity }) =>
    file === null && line !== null
      ? [{ severity, line, column: column ?? 1, message: hint === null ? message : `${message}\n${hint}` }]
      : [],
  )

/** Returns the faults that the compiler in this browser finds, and the text that they are in. */
function useTextFaults(text: string): (TextFaults & { readonly text: string }) | null {
  const [found, setFound] = useState<(TextFaults & { readonly text: string }) | null>(null)
  const compiler = useRef<TextCompiler>(null)
  useEffect(() => {
    const made = new TextCompiler((of, faults) => setFound({ ...faults, text: of }))
    compiler.current = made
    return () => made.close()
  }, [])
  useEffect(() => {
    if (text.trim() === '') return
    const timer = window.setTimeout(() => compiler.current?.check(text), COMPILE_AFTER_MS)
    return () => window.clearTimeout(timer)
  }, [text])
  return found
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
