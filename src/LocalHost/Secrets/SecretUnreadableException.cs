namespace IdLcm.LocalHost.Secrets;

/// <summary>A stored secret cannot be decrypted: its keys are missing, or its file was changed or moved.</summary>
/// <param name="message">Which secret, and what to do. Never its value.</param>
/// <param name="inner">The cryptographic error.</param>
internal sealed class SecretUnreadableException(string message, Exception inner) : Exception(message, inner);
