import { planPipeline } from '@yardmaster/ci-config'
import { ok } from '@yardmaster/common'
import type { ConfigCompiler } from '@yardmaster/domain/ports'

/** Compiles in this thread. */
export const inlineCompiler: ConfigCompiler = { plan: async (request) => ok(await planPipeline(request)) }
