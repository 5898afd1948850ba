namespace IdLcm.Functions.Secrets;

/// <summary>The key vault cannot be used now, or refuses this identity. Never carries a secret.</summary>
/// <param name="message">What failed.</param>
/// <param name="inner">The client's own error.</param>
public sealed class SecretStoreUnavailableException(string message, Exception inner) : Exception(message, inner);
