function Move-TielineUser {
  <#
    .SYNOPSIS
    Moves users between the pool and the online service: the pool's own Move-CsUser, signed in for on this machine.
    .DESCRIPTION
    Move-CsUser is another name of it, so that lines of that time run as they stand. What the pool's cmdlet takes goes to
    the pool, where the move is made. With -UseOAuth or -TenantAdminUserName the online service wants a person: a session at
    the pool has no window for that, so that the sign-in happens here (browser, code, certificate, or an account that is
    signed in), and its token goes along as -AccessTokens. A run over many users signs in once.

    Move-CsUser has to be imported from a session at a pool, or such a session to be open.
    .PARAMETER Identity
    The user: SIP address, user principal name, DOMAIN\logon, display name or distinguished name.
    .PARAMETER Target
    Where to: sipfed.online.lync.com, or the name of a pool.
    .PARAMETER UserList
    A file that names the users, instead of Identity: sip:u1@contoso.com,sip:u2@contoso.com. Or that list itself.
    .PARAMETER Report
    The name of a file for the report, which the pool writes into its folder for reports.
    .PARAMETER UseOAuth
    Signs in to the online service here, as whoever is asked or known.
    .PARAMETER TenantAdminUserName
    Who signs in here.
    .PARAMETER Credential
    A name and password of the online service; alone they go to the pool, with -UseOAuth they are signed in with here.
    .PARAMETER HostedMigrationOverrideUrl
    The hosted migration service of the tenant; left out, it is discovered.
    .PARAMETER OverrideAdminDomain
    The tenant's domain, where that discovery cannot go by the domain of whoever signs in.
    .PARAMETER AccessTokens
    Tokens that were come by elsewhere.
    .PARAMETER ClientId
    An application of your own; with its certificate it signs in without a person.
    .PARAMETER Tenant
    The application's tenant.
    .PARAMETER CertificateFile
    The application's certificate: PEM, or .pfx with its passphrase in TIELINE_PASSPHRASE.
    .PARAMETER KeyFile
    The certificate's private key, where it is in a file of its own.
    .PARAMETER DeviceCode
    Shows a code to type into a browser elsewhere, instead of opening one here.
    .EXAMPLE
    Move-CsUser -Identity user@contoso.com -Target sipfed.online.lync.com -UseOAuth -Verbose
    .EXAMPLE
    Get-CsUser -OnModernServer | Move-CsUser -Target sipfed.online.lync.com -TenantAdminUserName admin@contoso.com -Confirm:$false
  #>
  [CmdletBinding(DefaultParameterSetName = 'Identity')]
  param(
    [Parameter(ParameterSetName = 'Identity', Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]$Identity,
    [Parameter(ParameterSetName = 'Identity', Mandatory, Position = 1)]
    [Parameter(ParameterSetName = 'Users', Mandatory, Position = 0)][string]$Target,
    [Parameter(ParameterSetName = 'Users', Mandatory)][string]$UserList,
    [switch]$UseOAuth,
    [string]$TenantAdminUserName,
    [pscredential]$Credential,
    [string]$HostedMigrationOverrideUrl,
    [string]$OverrideAdminDomain,
    [string[]]$AccessTokens,
    [string]$ClientId,
    [string]$Tenant,
    [string]$CertificateFile,
    [string]$KeyFile,
    [switch]$DeviceCode,
    [switch]$MoveToTeams,
    [switch]$BypassAudioConferencingCheck,
    [switch]$BypassEnterpriseVoiceCheck,
    [switch]$MoveConferenceData,
    [string]$Report,
    [switch]$Force,
    [switch]$UseLegacyMode,
    [switch]$IgnoreBackendStoreException,
    [int]$ConcurrentMovesPerFE,
    [string]$ProxyPool,
    [string]$DomainController,
    [switch]$PassThru,
    [Alias('wi')][switch]$WhatIf,
    [Alias('cf')][switch]$Confirm
  )
  begin {
    $bound = [hashtable]$PSBoundParameters
    $start = {
      try {
        $found = Get-TielineMoveCommand -Cmdlet $PSCmdlet
        $command = $found.Command
        # A server's own cmdlet runs here, where a window opens.
        $token = if ("$($command.CommandType)" -ne 'Cmdlet') { Get-TielineMoveToken -Bound $bound -Session $found.Session }
        $parameters = if ("$($command.CommandType)" -eq 'Cmdlet') { $bound } else { Get-TielineMoveParameter -Bound $bound -Token $token }
      }
      catch [System.Management.Automation.PipelineStoppedException] { throw }
      catch { $PSCmdlet.ThrowTerminatingError((Copy-TielineError $_)) }
      # What Import-PSSession makes of a command says nothing of -Verbose; asked through the session, it does.
      $moving = if ($found.Session) {
        # What becomes of errors is decided here: those that the pool were told to keep silent of could not be kept in a variable.
        foreach ($name in @($parameters.Keys) -match '(Action|Variable)$|^OutBuffer$') { $parameters.Remove($name) }
        { Invoke-Command -Session $found.Session -HideComputerName -ArgumentList $parameters -ScriptBlock { param($given) Move-CsUser @given } }.GetSteppablePipeline($MyInvocation.CommandOrigin)
      }
      else { { & $command @parameters }.GetSteppablePipeline($MyInvocation.CommandOrigin) }
      $moving.Begin($PSCmdlet)
    }
    . $start
  }
  process {
    # A pipeline may be longer than a token lives.
    if ($token -and -not (Test-TielineHostedToken $token)) {
      $moving.End()
      . $start
    }
    $moving.Process($_)
  }
  end { $moving.End() }
}
