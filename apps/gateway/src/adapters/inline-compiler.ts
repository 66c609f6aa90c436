import { planPipeline } from '@yardmaster/ci-config'
import type { ConfigCompiler } from '@yardmaster/domain/ports'

/** Compiles in this thread. */
export const inlineCompiler: ConfigCompiler = { plan: planPipeline }
