import type { DoctorStep } from '../../../shared/contract/ui-api.ts'

export type StepLog = {
  readonly steps: DoctorStep[]
  add(step: Pick<DoctorStep, 'name' | 'outcome' | 'explanation'> & Partial<DoctorStep>): void
}

export function createStepLog(): StepLog {
  const steps: DoctorStep[] = []
  return {
    steps,
    add: (step) => {
      steps.push({ request: null, answer: null, fix: null, ...step })
    },
  }
}
