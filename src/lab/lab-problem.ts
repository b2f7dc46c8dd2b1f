/** What was asked of the lab cannot be done; the message is for the operator and says why. */
export class LabProblem extends Error {}
