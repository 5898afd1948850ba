namespace IdLcm.Domain.Connectors;

/// <summary>One difference between two versions of a connector.</summary>
/// <param name="Area">Where: settings, hosts, auth, capabilities, attributes, roles, verbs, steps.</param>
/// <param name="Breaking">True when integrations that pin the old version need a person's attention before they move: something is taken away, asked for, or allowed that was not.</param>
/// <param name="Message">What changed, in words.</param>
public sealed record ConnectorChange(string Area, bool Breaking, string Message);
