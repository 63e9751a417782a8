import Basics

extension JournalEvent {
  /// The event without the passwords of URLs in what git, forges and hooks said: the journal is kept, and shown.
  var withoutPasswords: JournalEvent {
    func masked(_ text: String) -> String { Secrets.withoutPasswords(text) }
    return switch self {
    case .warned(let message): .warned(message: masked(message))
    case .retryPlanned(let task, let notBefore, let reason):
      .retryPlanned(task: task, notBefore: notBefore, reason: masked(reason))
    case .taskEnded(let task, let status, let message, let advice):
      .taskEnded(task: task, status: status, message: message.map(masked), advice: advice.map(masked))
    case .startedOver(let task, let reason): .startedOver(task: task, reason: masked(reason))
    case .waitingForForge(let until, let reason): .waitingForForge(until: until, reason: masked(reason))
    case .paused(let until, let reason): .paused(until: until, reason: masked(reason))
    case .halted(let reason): .halted(reason: masked(reason))
    case .returned(let task, var record):
      {
        record.reason = masked(record.reason)
        return .returned(task: task, record: record)
      }()
    case .candidateChosen(let task, var choice):
      {
        choice.note = choice.note.map(masked)
        for index in choice.candidates.indices {
          choice.candidates[index].reason = choice.candidates[index].reason.map(masked)
        }
        return .candidateChosen(task: task, choice: choice)
      }()
    default: self
    }
  }
}
