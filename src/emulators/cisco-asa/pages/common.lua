-- shared by every page of the portal
function HTMLEncode(s)
  if s == nil then return ""; end
  s = string.gsub(s, "&", "&amp;");
  s = string.gsub(s, "<", "&lt;");
  return (string.gsub(s, '"', "&quot;"));
end

function GetCustomization(area, name)
  local custom = SESSION_CUSTOMIZATION or DfltCustomization;
  return custom[area] and custom[area][name];
end
