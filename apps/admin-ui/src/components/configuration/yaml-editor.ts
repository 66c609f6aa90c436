import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic, lintKeymap, setDiagnostics } from '@codemirror/lint'
import { EditorState, type Text } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** A fault to be marked in the text. */
export interface Mark {
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** From 1. */
  readonly line: number
  readonly column: number
}

export interface EditorOptions {
  /** What screen readers call the text. */
  readonly label: string
  readonly text: string
  /** Receives each new text; without it the text cannot be changed. */
  readonly onText?: (text: string) => void
}

/** Milliseconds after which the cursor of the editor blinks. */
const BLINK_MS = 1200

/** The colours of the dashboard, which reach into the shadow tree. */
const theme = EditorView.theme({
  '&': { height: '100%', color: 'var(--ink)', backgroundColor: 'var(--panel)', fontSize: '0.8125rem' },
  // The page outlines what surrounds it: here the line numbers would cover a part.
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono, ui-monospace, monospace)', lineHeight: '1.35rem', overflow: 'auto' },
  '.cm-content': { padding: '0.5rem 0', caretColor: 'var(--ink)' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--panel)', color: 'var(--soft)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 0.5rem 0 0.75rem' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in oklab, var(--raised) 60%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in oklab, var(--accent) 28%, transparent)',
  },
  // The marks of the library are pictures in the style, which the page's policy does not allow.
  '.cm-lintRange': { backgroundImage: 'none', paddingBottom: '1px' },
  '.cm-lintRange-error': { textDecoration: 'underline wavy var(--bad) 1.5px', textUnderlineOffset: '3px' },
  '.cm-lintRange-warning': { textDecoration: 'underline wavy var(--warn) 1.5px', textUnderlineOffset: '3px' },
  '.cm-lintRange-active': { backgroundColor: 'var(--raised)' },
  '.cm-tooltip': {
    color: 'var(--ink)',
    backgroundColor: 'var(--panel)',
    border: '1px solid var(--line-strong)',
    borderRadius: '0.375rem',
    maxWidth: '36rem',
  },
  '.cm-diagnostic': { padding: '0.375rem 0.625rem', whiteSpace: 'pre-wrap', fontFamily: 'system-ui, sans-serif' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--bad)' },
  '.cm-diagnostic-warning': { borderLeft: '3px solid var(--warn)' },
})

const colours = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: 'var(--accent)' },
  { tag: [tags.string, tags.attributeValue], color: 'var(--good)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--soft)', fontStyle: 'italic' },
  { tag: [tags.labelName, tags.typeName, tags.keyword, tags.meta], color: 'var(--warn)' },
  { tag: tags.separator, color: 'var(--soft)' },
])

/**
 * Types over a selection. Left to itself, the browser would give the new text the style of what was selected, by an
 * attribute that the page's policy does not allow.
 */
const typeOverSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== 'insertText' || event.data === null || view.composing) return false
    if (view.state.selection.main.empty) return false
    event.preventDefault()
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: 'input.type', scrollIntoView: true })
    return true
  },
})

/**
 * An editor of YAML. It lives in a shadow tree, because it styles itself: there it does so with style sheets that the
 * page's policy allows, while in the page it would have to insert style elements.
 */
export class YamlEditor {
  readonly #view: EditorView

  constructor(host: HTMLElement, { label, text, onText }: EditorOptions) {
    const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
    this.#view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [
          theme,
          syntaxHighlighting(colours),
          yaml(),
          lineNumbers(),
          highlightSpecialChars(),
          drawSelection({ cursorBlinkRate: BLINK_MS }),
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
          // Tab moves the focus on, as everywhere on the page.
          keymap.of([...defaultKeymap, ...historyKeymap, ...lintKeymap]),
          ...(onText
            ? [
                history(),
                indentOnInput(),
                indentUnit.of('  '),
                highlightActiveLine(),
                typeOverSelection,
                EditorView.updateListener.of(({ docChanged, state }) => {
                  if (docChanged) onText(state.doc.toString())
                }),
              ]
            : [EditorState.readOnly.of(true)]),
        ],
      }),
    })
  }

  /** Replaces the whole text, which can be undone. Does nothing when it is the same. */
  setText(text: string): void {
    const { doc } = this.#view.state
    if (doc.length === text.length && doc.toString() === text) return
    this.#view.dispatch({ changes: { from: 0, to: doc.length, insert: text } })
  }

  /** Marks these faults and no others. */
  mark(marks: readonly Mark[]): void {
    const { state } = this.#view
    const diagnostics = marks
      .filter(({ line }) => line <= state.doc.lines)
      .map(
        ({ severity, message, line, column }): Diagnostic => ({
          ...rangeAt(state.doc, line, column),
          severity,
          message,
        }),
      )
      .sort((one, other) => one.from - other.from)
    this.#view.dispatch(setDiagnostics(state, diagnostics))
  }

  /** Puts the cursor at a place, shows it and takes the focus. */
  goTo(line: number, column: number): void {
    const { doc } = this.#view.state
    const { from } = rangeAt(doc, Math.min(line, doc.lines), column)
    this.#view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
    this.#view.focus()
  }

  close(): void {
    this.#view.destroy()
  }
}

/** Returns the word at a place, or to the end of the line where there is none. */
function rangeAt(doc: Text, number: number, column: number): { from: number; to: number } {
  const line = doc.line(number)
  const from = Math.min(line.from + column - 1, line.to)
  const [word = ''] = /^[^\s:,[\]{}]+/.exec(line.text.slice(from - line.from)) ?? []
  return { from, to: word === '' ? line.to : from + word.length }
}
