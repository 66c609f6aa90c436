import { lintConfig } from '@yardmaster/domain/pipelines'
import { LintShape, showLint } from '../shapes/lint.ts'
import { PipelineInput } from './pipeline-input.ts'
import { unwrap } from './refused.ts'
import { procedure, router } from './trpc.ts'

/** `pipelines.*` of the admin API. */
export const pipelinesRouter = router({
  lint: procedure({
    rest: 'POST /pipelines/lint',
    summary: 'Compiles a configuration and tells which jobs a pipeline of it would have, and why. Changes nothing.',
    output: LintShape,
    refuses: ['config_missing', 'compiler_busy', 'project_not_found', 'project_damaged'],
  })
    .input(PipelineInput)
    .query(async ({ ctx: { services }, input }) => showLint(unwrap(await lintConfig(services, input)))),
})
