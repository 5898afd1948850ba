namespace IdLcm.Domain.Erasure;

/// <summary>Holds data of people outside the records of their integration, such as captured requests.</summary>
public interface IPersonTraces
{
    /// <summary>Removes what names a person. Bears being done again.</summary>
    /// <param name="integrationId">The integration.</param>
    /// <param name="names">Whether a text names the person.</param>
    /// <param name="cancellationToken">Cancels between records; doing it again does the rest.</param>
    /// <returns>A task that ends when it is gone.</returns>
    Task EraseAsync(string integrationId, Predicate<string> names, CancellationToken cancellationToken = default);
}
