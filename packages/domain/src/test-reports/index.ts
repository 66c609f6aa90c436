/** Tells what the test reports of a pipeline's jobs say together. */
export { type PipelineTests, pipelineTests } from './pipeline-tests.ts'
