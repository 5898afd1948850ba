namespace IdLcm.Domain.Scim;

/// <summary>At most one value of an attribute is the primary one.</summary>
internal static class PrimaryRule
{
    /// <summary>A value that became the primary one takes the place of the one before (RFC 7643 §2.4).</summary>
    public static ScimArray KeepOne(ScimAttribute attribute, ScimArray before, ScimArray after)
    {
        if (attribute.Primary is null)
        {
            return after;
        }

        var keep = -1;
        var count = 0;
        for (var i = 0; i < after.Count; i++)
        {
            if (IsPrimary(after[i]))
            {
                count++;
                keep = keep < 0 || i >= before.Count || !IsPrimary(before[i]) ? i : keep;
            }
        }

        if (count < 2)
        {
            return after;
        }

        var items = after.ToArray();
        for (var i = 0; i < items.Length; i++)
        {
            if (i != keep && IsPrimary(items[i]))
            {
                items[i] = ((ScimComplex)items[i]).With(attribute.Primary.Name, ScimBoolean.False);
            }
        }

        return new ScimArray(items);
    }

    private static bool IsPrimary(ScimValue item) => item is ScimComplex complex && complex.GetBoolean("primary") == true;
}
