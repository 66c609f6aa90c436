import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DockerfileParser, type Instruction } from 'dockerfile-ast'
import { ROOT } from '../docs/command-blocks.ts'

export interface Stage {
  readonly image: string
  /** The instructions after the first one, in order. */
  readonly instructions: readonly Instruction[]
}

export const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')

/** Returns the stages of the Dockerfile; the last one becomes the image. */
export function stages(): readonly Stage[] {
  const found: { image: string; instructions: Instruction[] }[] = []
  for (const instruction of DockerfileParser.parse(dockerfile).getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      found.push({ image: instruction.getArguments()[0]?.getValue() ?? '', instructions: [] })
    } else found.at(-1)?.instructions.push(instruction)
  }
  return found
}

/** Returns the arguments of the instructions with this name, without flags. */
export const said = ({ instructions }: Stage, keyword: string): readonly string[] =>
  instructions
    .filter((instruction) => instruction.getKeyword() === keyword)
    .map((instruction) => (instruction.getArgumentsContent() ?? '').replace(/^(?:--\S+\s+)+/, ''))

/** Returns the words of the instruction with this name, which is in JSON form. */
export function words(stage: Stage, keyword: string): readonly string[] {
  const [line = ''] = said(stage, keyword)
  return JSON.parse(line.slice(line.indexOf('['))) as string[]
}

/** Returns the variables that a stage sets. */
export const variables = (stage: Stage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    said(stage, 'ENV').flatMap((line) => line.split(' ').map((pair) => pair.split('=') as [string, string])),
  )
