/// A descriptor that came with a message. Whoever lets go of it closes it, so that one that nobody wants is not leaked.
final class PassedDescriptor: Sendable {
  let descriptor: FileDescriptor

  init(_ descriptor: consuming FileDescriptor) {
    self.descriptor = descriptor
  }

  init(owning number: Int32) {
    descriptor = FileDescriptor(owning: number)
  }
}
